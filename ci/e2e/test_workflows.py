"""What the workflows for CI servers type, with this cluster's image for the registry's."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import yaml

from e2e.commands import IMAGE, ROOT, get, run

if TYPE_CHECKING:
    from pathlib import Path


def commands() -> dict[str, list[str]]:
    """Find the commands of GitHub's workflow, by the name of their step."""
    text = (ROOT / "ci/workflows/github.yaml").read_text(encoding="utf-8")
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    return {
        step["name"]: shlex.split(step["run"].splitlines()[-1])
        for step in steps
        if "name" in step and "run" in step
    }


def here(command: list[str]) -> list[str]:
    """Give a command with this cluster's image."""
    image = ",".join(f"image.{key}={value}" for key, value in IMAGE.items())
    return [*command, "--set", image]


def test_workflow_launches_a_run(demo: str, tmp_path: Path) -> None:
    command = commands()["Test"]
    assert command[:2] == ["agentrig", "launch"]
    assert demo in command
    done = run(*here(command), "--results", str(tmp_path / "results"), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results" / "junit.xml").exists()


def test_workflow_schedules_the_nightly_run(demo: str) -> None:
    command = commands()["Schedule"]
    assert command[:3] == ["helm", "upgrade", "--install"]
    try:
        for _ in range(2):  # each push to main upgrades it
            run(*here(command))
        cronjob = get("cronjob", "nightly-agentrig-schedule", demo)
        assert cronjob["spec"]["schedule"] == "30 2 * * *"
        assert cronjob["spec"]["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] == 604800
    finally:
        run("helm", "uninstall", "nightly", "--namespace", demo, check=False)
