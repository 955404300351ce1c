"""The events of a run with all that a report can tell of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.events import (
    ArtifactSaved,
    Exchange,
    ExecutionFinished,
    Iterations,
    LimitChecked,
    MetricRecorded,
    Outcome,
    RunFinished,
    ScenarioFinished,
    Source,
    StepFinished,
    TroubleFound,
)
from tests.support.records import finished, planned, started

if TYPE_CHECKING:
    from agentrig.events import Event

__all__ = ["bad_step", "everything", "execution"]


def exchange(body: str = "no") -> Exchange:
    return Exchange(method="GET", url="http://agent/", status=500, response_body=body)


def bad_step(scenario: str, outcome: Outcome = Outcome.FAILED, body: str = "no") -> StepFinished:
    return StepFinished(
        scenario=scenario,
        step=0,
        name="Ask",
        outcome=outcome,
        elapsed_ms=1.0,
        exchange=exchange(body),
        message="expected 200",
    )


def execution(scenario: str, number: int, outcome: Outcome) -> ExecutionFinished:
    message = f"execution {number}"
    return ExecutionFinished(
        scenario=scenario, number=number, outcome=outcome, elapsed_ms=2.0, message=message
    )


def everything() -> list[Event]:
    """Give the events of a run with all that a case can hold."""
    names = ["flaky.yaml", "again.yaml", "broken.yaml", "soak.yaml", "dir/test_a.py::test_one"]
    plan = [replace(planned(name), tags=("smoke", "a<b")) for name in names]
    source = Source(kind="git", url="https://git.example/r.git", ref="main", commit="c0ffee")
    return [
        replace(
            started(plan),
            commit="c0ffee",
            labels=(("environment", "staging"), ("model", "m-1")),
            source=source,
        ),
        bad_step(names[0]),
        execution(names[0], 1, Outcome.FAILED),
        replace(finished(names[0], Outcome.PASSED), flaky=True),
        bad_step(names[1]),
        execution(names[1], 1, Outcome.FAILED),
        bad_step(names[1], Outcome.ERROR),
        execution(names[1], 2, Outcome.ERROR),
        bad_step(names[1]),
        finished(names[1], Outcome.FAILED, "still no"),
        bad_step(names[2]),
        execution(names[2], 1, Outcome.FAILED),
        finished(names[2], Outcome.ERROR, "no way there"),
        ScenarioFinished(
            scenario=names[3],
            outcome=Outcome.PASSED,
            elapsed_ms=12345.6,
            iterations=Iterations(total=1234, passed=1234, failed=0, errors=0),
        ),
        MetricRecorded(scenario=names[4], name="score", value=0.93),
        MetricRecorded(scenario=names[4], name="found after", value=812.5, unit="ms"),
        ArtifactSaved(
            scenario=names[4],
            name="a.txt",
            path="artifacts/one/a.txt",
            media_type="text/plain",
            size=1,
        ),
        ArtifactSaved(
            scenario=names[4], name="gone", path="artifacts/gone", media_type="a/b", size=1
        ),
        ArtifactSaved(scenario=names[4], name="out", path="../outside", media_type="a/b", size=1),
        finished(names[4], Outcome.PASSED),
        LimitChecked(name="p95_ms", limit=10, actual=12, outcome=Outcome.FAILED),
        LimitChecked(name="error_rate", limit=1, actual=None, outcome=Outcome.SKIPPED),
        TroubleFound(reason="Evicted", where="pod qa/p0", message="full", hint="add a node"),
        TroubleFound(reason="Late", where="pod qa/p1", message="slow", overcome=True),
        RunFinished(exit_code=1, elapsed_ms=1.0),
    ]
