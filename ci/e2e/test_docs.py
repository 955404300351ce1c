"""The README's first `helm install`, typed as it stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from e2e.commands import ROOT, kubectl, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cluster_commands() -> list[str]:
    """Find the commands that the README types in a shell that reaches a cluster."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## The first `helm install`")[2].partition("\n## ")[0]
    block = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[-1]
    return [line.removeprefix("$ ") for line in block.splitlines()]


@pytest.fixture
def cluster_without_demo() -> Iterator[None]:
    """Leave nothing of the demo behind for the README to meet, nor of the README."""
    remove = ("helm", "uninstall", "demo", "--namespace", "demo", "--wait", "--ignore-not-found")
    run(*remove)
    yield
    run("helm", "uninstall", "run-1", "--namespace", "demo", "--ignore-not-found")
    run(*remove)
    kubectl("delete", "namespace", "demo", "--ignore-not-found")


@pytest.mark.usefixtures("cluster_without_demo")
def test_readmes_first_helm_install_works_as_written(tmp_path: Path) -> None:
    commands = cluster_commands()
    assert commands[0].startswith("helm install demo charts/demo-agents")
    for command in commands:
        typed = command.replace("charts/", f"{ROOT}/charts/")
        run("bash", "-c", f"cd {tmp_path} && {typed}")
    assert (tmp_path / "results" / "junit.xml").exists()
