"""The workflows for CI servers: the same commands, with values that the charts accept."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from agentrig.cli import agentrig
from agentrig.cli.report.history import history as page
from agentrig.reporters import CODE_QUALITY_FILE, JUNIT_FILE

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / "ci" / "workflows"


def of_github() -> list[str]:
    jobs = read("github.yaml")["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    return [line.strip() for step in steps for line in step.get("run", "").splitlines()]


def of_gitlab() -> list[str]:
    jobs = read("gitlab.yaml").values()
    return [line for job in jobs if isinstance(job, dict) for line in job.get("script", ())]


def read(name: str) -> Any:
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def calls_of(tool: str, commands: list[str]) -> list[list[str]]:
    return [shlex.split(command) for command in commands if command.startswith(f"{tool} ")]


@pytest.mark.parametrize("tool", ["agentrig", "helm"])
def test_both_servers_type_the_same_commands(tool: str) -> None:
    assert calls_of(tool, of_github()) == calls_of(tool, of_gitlab()) != []


def test_charts_accept_the_values() -> None:
    for call in calls_of("helm", of_github()):
        release, chart, *rest = call[call.index("--install") + 1 :]
        install_only = {"--create-namespace", "--wait"}
        rest = [word for word in rest if word not in install_only]
        rendered = helm("template", release, chart, *rest)
        assert rendered.returncode == 0, rendered.stderr


def test_nightly_is_scheduled() -> None:
    values = str(WORKFLOWS / "nightly-values.yaml")
    rendered = helm("template", "nightly", "charts/agentrig", "-f", values)
    kinds = [one["kind"] for one in yaml.safe_load_all(rendered.stdout) if one]
    assert "CronJob" in kinds


def test_the_page_of_trends_is_made_by_options_that_exist() -> None:
    job = read("history-cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = job["containers"]
    report, history, *rest = container["args"]
    assert (report, history) == ("report", "history")
    values = page.make_context("history", rest).params
    assert values["output"].startswith(f"{values['source']}/"), "beside what it links to"


def test_agentrig_knows_the_options() -> None:
    (command,) = calls_of("agentrig", of_github())
    shown = CliRunner().invoke(agentrig, [command[1], "--help"]).output
    for option in command:
        if option.startswith("-"):
            assert f"{option} " in shown or f"{option}," in shown


def test_gitlab_reads_the_reports() -> None:
    artifacts = read("gitlab.yaml")["e2e"]["artifacts"]
    # `launch` writes them into its default folder.
    assert artifacts["reports"] == {
        "junit": f"results/{JUNIT_FILE}",
        "codequality": f"results/{CODE_QUALITY_FILE}",
    }
    assert (artifacts["when"], artifacts["paths"]) == ("always", ["results"])


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["helm", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
