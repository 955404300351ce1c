"""Somebody else's step kind: a distribution with an entry point, and the real command line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from agentrig.events import StepFinished, StepStarted
from agentrig.steps import DEFAULT_KIND, step_kinds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

KIND = '''
"""The kind `count`: a file has so many lines."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from agentrig.events import CheckResult, Outcome
from agentrig.steps import Step, StepContext, StepKind, StepResult

Path("imported").touch()


class CountStep(Step):
    """Count the lines of a file."""

    kind: ClassVar[str] = "count"

    count: str = Field(description="The file.")
    lines: int = Field(ge=0, description="How many it must have.")


async def execute(step: CountStep, context: StepContext) -> StepResult:
    found = len(Path(step.count).read_text().splitlines())
    outcome, message = Outcome.PASSED, None
    if found != step.lines:
        outcome, message = Outcome.FAILED, f"[{step.title()}] {found} lines"
    at = context.locate(("lines",))
    check = CheckResult(check="lines", outcome=outcome, message=message, at=at)
    return StepResult(checks=(check,))


KIND = StepKind(model=CountStep, execute=execute)
'''


@pytest.fixture
def site(rig: Rig) -> Path:
    """Install nothing yet: give the folder that the processes of `rig` import from."""
    folder = rig.folder / "site"
    folder.mkdir()
    above = os.environ.get("PYTHONPATH")
    rig.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), above]))
    return folder


def install(site: Path, name: str, value: str, code: str | None = None) -> None:
    info = site / f"{name}_kind-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-kind\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[agentrig.steps]\n{name} = {value}\n")
    if code is not None:
        (site / f"{name}_kind.py").write_text(code)


@pytest.fixture
def count_kind(site: Path) -> None:
    install(site, "count", "count_kind:KIND", KIND)


@pytest.mark.usefixtures("count_kind")
def test_a_third_partys_kind_runs_beside_the_own_ones(rig: Rig, agent: AgentServer) -> None:
    rig.write(
        "count.yaml",
        f"""\
        name: Lines
        steps:
          - name: Ask
            endpoint: {agent.url}
            path: /ok
          - count: count.yaml
            lines: 10
          - name: Too few
            count: count.yaml
            lines: 3
        """,
    )
    ran = rig.run("count.yaml")
    assert ran.code == 1, ran.said
    assert [one.step_kind for one in ran.events(StepStarted)] == ["http", "count", "count"]
    last = ran.events(StepFinished)[-1]
    assert last.message == "[Too few] 10 lines"
    assert (last.checks[0].at.line, last.checks[0].at.text.strip()) == (10, "lines: 3")


@pytest.mark.usefixtures("count_kind")
def test_its_mistakes_are_found_as_those_of_the_own_ones(rig: Rig) -> None:
    rig.write(
        "count.yaml",
        """
        name: Lines
        steps:
          - {count: 5, lines: -1, linse: 3}
        """,
    )
    linted = rig.agentrig("lint", "count.yaml")
    assert linted.code == 4
    assert [line for line in linted.out.splitlines() if line.startswith("error")] == [
        "error: 'count' must be text, not the number 5",
        "error: 'lines' must be at least 0, not -1",
        "error: unknown key 'linse' in a step",
    ]
    assert "did you mean 'lines'?" in linted.out


@pytest.mark.usefixtures("count_kind")
def test_its_keys_are_in_the_schema(rig: Rig) -> None:
    schema = json.loads(rig.agentrig("schema").out)
    own = set(schema["$defs"]["CountStep"]["properties"])
    assert own > {"name", "count", "lines", "retry", "capture", "expect"}


@pytest.mark.usefixtures("count_kind")
def test_it_is_not_imported_before_a_step_uses_it(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("other")
    assert rig.run("other.yaml").code == 0
    assert agent.paths == ["/ok"]
    assert not (rig.folder / "imported").exists()
    rig.write("count.yaml", "name: x\nsteps: [{count: count.yaml, lines: 2}]\n")
    assert rig.run("count.yaml").code == 0
    assert (rig.folder / "imported").exists()


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        ("bad_kind:KIND", "KIND = object()", "'bad_kind:KIND' is no StepKind"),
        ("bad_kind:GONE", "", "cannot load 'bad_kind:GONE': AttributeError: "),
        ("no_such_module:KIND", None, "cannot load 'no_such_module:KIND': ModuleNotFoundError: "),
        ("bad_kind:KIND", "1 / 0", "cannot load 'bad_kind:KIND': ZeroDivisionError: "),
    ],
)
def test_a_kind_that_is_none_is_named(
    rig: Rig, site: Path, value: str, code: str | None, says: str
) -> None:
    install(site, "bad", value, code)
    rig.write("bad.yaml", "name: x\nsteps: [{bad: 1}]\n")
    rig.scenario("good")
    linted = rig.agentrig("lint", "good.yaml", "bad.yaml")
    assert linted.code == 4, linted.said
    excerpt = linted.out.splitlines()[:4]
    assert excerpt[0].startswith(f"error: step kind 'bad': {says}")
    assert excerpt[1:4] == [" --> bad.yaml:2:9", "  |", "2 | steps: [{bad: 1}]"]
    ran = rig.run("good.yaml", "bad.yaml")
    assert ran.code == 4, ran.said
    assert "\n".join(excerpt) in ran.out
    assert "Error:" not in ran.out.replace(excerpt[0], ""), "no traceback"


def test_a_kind_that_breaks_is_no_failed_test(rig: Rig, site: Path) -> None:
    install(site, "count", "count_kind:KIND", KIND)
    rig.write("count.yaml", "name: x\nsteps: [{count: no-such-file, lines: 2}]\n")
    ran = rig.run("count.yaml")
    assert ran.code == 3, ran.said
    assert "runner error: FileNotFoundError" in ran.out


def test_a_kind_whose_error_has_no_words_ends_its_scenario_alone(rig: Rig, site: Path) -> None:
    mute = "class Mute(Exception):\n    def __str__(self):\n        raise RuntimeError\n"
    broken = KIND.replace("    found = len(", "    raise Mute\n    found = len(")
    install(site, "count", "count_kind:KIND", f"{broken}\n\n{mute}")
    rig.write("count.yaml", "name: x\nsteps: [{count: a-file, lines: 2}]\n")
    rig.scenario("other")
    ran = rig.run("count.yaml", "other.yaml")
    assert (ran.code, ran.outcomes()) == (3, {"count": "error", "other": "passed"}), ran.said
    assert "runner error: Mute: <exception str() failed>" in ran.out


def test_the_own_kinds_come_through_the_same_door() -> None:
    kinds = step_kinds()
    assert {"http", "stream"} <= set(kinds.names)
    assert [kinds.kind(name).model.kind for name in kinds.names] == kinds.names
    assert DEFAULT_KIND == "http"
    assert kinds.model_for({"path": "/"}) is kinds.kind("http").model
    assert kinds.model_for({"path": "/", "stream": True}) is kinds.kind("stream").model
