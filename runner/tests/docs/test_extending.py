"""docs/extending.md shows the example package as it is, and what it says of it holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.fixtures import agent, rig
from tests.support.installed import EXAMPLE, install_example

if TYPE_CHECKING:
    from tests.support.rig import Rig

__all__ = ["agent", "rig"]

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = {
    match["file"] or match["language"]: match["text"]
    for match in re.finditer(
        r"(?:^`(?P<file>[\w./-]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
        TEXT,
        re.MULTILINE | re.DOTALL,
    )
}
FILES = sorted(
    file.relative_to(EXAMPLE).as_posix()
    for file in EXAMPLE.rglob("*.py")
    if file.name != "__init__.py"
)


@pytest.mark.parametrize("file", FILES)
def test_the_code_that_is_shown_is_the_code_that_is_tested(file: str) -> None:
    assert BLOCKS[file] == (EXAMPLE / file).read_text(encoding="utf-8")


def test_the_project_that_is_shown_is_the_one_that_is_installed() -> None:
    assert BLOCKS["toml"] == (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")


def test_the_command_works_as_written(rig: Rig) -> None:
    install_example(rig)
    rig.write("hosts.yaml", BLOCKS["hosts.yaml"])
    (line,) = [line for line in BLOCKS["console"].splitlines() if line.startswith("$ ")]
    program, *args = shlex.split(line.removeprefix("$ "))
    assert program == "agentrig"
    ran = rig.agentrig(*args)
    assert ran.code == 0, ran.said
    assert "**1 passed**" in (ran.results / "report.md").read_text()
    assert (ran.results / "second.md").exists()
    assert rig.agentrig("lint", "hosts.yaml").code == 0


def test_a_schema_and_python_know_the_kind(rig: Rig) -> None:
    install_example(rig)
    assert "ResolveStep" in rig.agentrig("schema").out
    rig.write(
        "test_m.py",
        "def test_m(steps):\n    assert '127.0.0.1' in steps.resolve('localhost').data\n",
    )
    ran = rig.run(".")
    assert ran.code == 0, ran.said
