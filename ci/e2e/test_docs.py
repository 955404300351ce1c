"""The documents' commands for a cluster, typed as they stand there."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from e2e.commands import CHART, IMAGE, ROOT, install_demo, kubectl, make_namespace, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# They install and remove the demo themselves.
pytestmark = pytest.mark.alone


def cluster_commands() -> list[str]:
    """Find the commands that the README types in a shell that reaches a cluster."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    by_hand = readme.partition("## The first `helm install`")[2].partition("\n## ")[0]
    at_once = readme.partition("## One command instead")[2].partition("\n## ")[0]
    last = [
        re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[-1]
        for section in (by_hand, at_once)
    ]
    return [line.removeprefix("$ ") for line in "".join(last).splitlines()]


def chart_commands() -> list[str]:
    """Find the commands of the chart's README, with this cluster's image for the registry's."""
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    elsewhere = "image.repository=registry.example.com/qa/agentrig"
    assert elsewhere in lines[0]
    here = ",".join(f"image.{key}={value}" for key, value in IMAGE.items())
    return [line.replace(elsewhere, here) for line in lines]


@pytest.fixture
def cluster_without_demo() -> Iterator[None]:
    """Leave nothing of the demo for the README to meet, and nothing of the README for others."""
    remove = ("helm", "uninstall", "demo", "--namespace", "demo", "--wait", "--ignore-not-found")
    run(*remove)
    yield
    run("helm", "uninstall", "run-1", "--namespace", "demo", "--ignore-not-found")
    run(*remove)
    kubectl("delete", "namespace", "demo", "--ignore-not-found")
    install_demo()


@pytest.mark.usefixtures("cluster_without_demo")
def test_readmes_first_helm_install_works_as_written(tmp_path: Path) -> None:
    commands = cluster_commands()
    assert commands[0].startswith("helm install demo charts/demo-agents")
    assert commands[-1].startswith("agentrig launch ")
    type_in(tmp_path, commands)
    assert (tmp_path / "results" / "junit.xml").exists()


@pytest.mark.usefixtures("demo")
def test_charts_readme_works_as_written(tmp_path: Path) -> None:
    make_namespace("qa")
    try:
        type_in(tmp_path, chart_commands())
        assert (tmp_path / "results" / "summary.json").exists()
    finally:
        run("helm", "uninstall", "run-42", "--namespace", "qa", "--ignore-not-found")
        kubectl("delete", "namespace", "qa", "--wait=false")


@pytest.mark.usefixtures("demo")
def test_the_guide_to_launch_works_as_written(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "launch.md").read_text(encoding="utf-8")
    (values,) = re.findall(r"^```yaml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    elsewhere = "image: {repository: registry.example.com/qa/agentrig, tag: 0.1.0}"
    assert elsewhere in values
    here = values.replace(elsewhere, f"image: {json.dumps(IMAGE)}")
    (tmp_path / "values.yaml").write_text(here, encoding="utf-8")
    (tmp_path / "suite").mkdir()
    shutil.copy(ROOT / "scenarios/demo/01-proxy-passthrough.yaml", tmp_path / "suite")
    blocks = re.findall(r"^```console\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    commands = [line.removeprefix("$ ") for line in "".join(blocks).splitlines()]
    assert sum(command.startswith("agentrig launch ") for command in commands) == 3
    type_in(tmp_path, commands)
    for folder in ("results", "again"):
        names = {file.name for file in (tmp_path / folder).iterdir()}
        reports = {"events.jsonl", "junit.xml", "summary.json", "summary.md", "report.html"}
        assert names == {*reports, "pods.json", "logs"}
    assert "nightly-7" not in run("helm", "list", "--namespace", "demo", "-q").stdout


def type_in(folder: Path, commands: list[str]) -> None:
    """Run commands in `folder`, as if the repository's charts lay there."""
    for command in commands:
        run("bash", "-c", f"cd {folder} && {command.replace('charts/', f'{ROOT}/charts/')}")
