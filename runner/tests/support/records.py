"""Records made by hand: a run with every outcome, and short ways to make others."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

from agentrig.errors import Position
from agentrig.events import (
    CheckResult,
    Event,
    Exchange,
    Language,
    Outcome,
    Planned,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from agentrig.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentrig.stream import Reporter

__all__ = ["every_outcome", "failing_run", "planned", "publish", "records", "started"]

BEGIN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def planned(scenario: str, *, name: str | None = None, line: int = 1) -> Planned:
    path, _, test = scenario.partition("::")
    language = Language.PYTHON if test else Language.YAML
    return Planned(
        id=scenario, name=name or test or scenario, path=path, line=line, language=language
    )


def started(scenarios: Iterable[Planned]) -> RunStarted:
    return RunStarted(
        agentrig_version="1.2.3",
        python_version="3.11.0",
        via="direct",
        namespace="demo",
        planned=tuple(scenarios),
    )


def publish(
    events: Iterable[Event], reporters: Sequence[Reporter], *, run: str = "a-run"
) -> EventStream:
    """Send events through a real stream whose clock ticks a second per event, and close it."""
    moments = itertools.count(int(BEGIN.timestamp()) * 1000, 1000)
    stream = EventStream(run=run, reporters=reporters, now_ms=lambda: next(moments))
    rest = list(events)
    end = rest.pop() if rest and isinstance(rest[-1], RunFinished) else None
    for event in rest:
        stream.publish(event)
    if isinstance(end, RunFinished):
        stream.finish(end)
    else:
        for reporter in reporters:
            reporter.close()
    return stream


def records(events: Iterable[Event], *, run: str = "a-run") -> list[Record]:
    class Keep:
        def __init__(self) -> None:
            self.kept: list[Record] = []

        def receive(self, record: Record) -> None:
            self.kept.append(record)

        def close(self) -> None:
            pass

    keep = Keep()
    publish(events, [keep], run=run)
    return keep.kept


def finished(
    scenario: str, outcome: Outcome, message: str | None = None, details: str | None = None
) -> ScenarioFinished:
    return ScenarioFinished(
        scenario=scenario, outcome=outcome, elapsed_ms=250.0, message=message, details=details
    )


def failing_run(count: int, message: str) -> list[Event]:
    """Give the events of a run of `count` scenarios that all fail with `message`."""
    names = [f"scenarios/s{number:04}.yaml" for number in range(count)]
    events: list[Event] = [started(planned(name) for name in names)]
    for name in names:
        events += [ScenarioStarted(scenario=name), finished(name, Outcome.FAILED, message)]
    return [*events, RunFinished(exit_code=1, elapsed_ms=5.0)]


def every_outcome() -> list[Event]:
    """Give the events of a run with two files in Python and four in YAML, of every outcome."""
    plan = [
        planned("s/pass.yaml", name="It passes"),
        planned("s/fail.yaml", name="It fails <&> \x00\x1b[31m"),
        planned("s/infra.yaml", name="No way there"),
        planned("s/half.yaml", name="Half a scenario"),
        planned("s/never.yaml", name="Never begun"),
        planned("s/test_a.py::test_one", line=7),
        planned("s/test_a.py::test_two[x/y]", line=11),
        planned("s/test_b.py::test_three", line=3),
    ]
    line = "    expect: {status: 200}"
    at = Position(path="s/fail.yaml", line=4, column=22, length=3, text=line)
    exchange = Exchange(
        method="POST",
        url="http://agent:4000/chat",
        request_headers=(("content-type", "application/json"),),
        request_body='{"message":"hi"}',
        status=500,
        response_headers=(("server", "x"),),
        response_body="broken\x08 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    )
    return [
        started(plan),
        ScenarioStarted(scenario="s/pass.yaml"),
        StepStarted(scenario="s/pass.yaml", step=0, name="GET /", step_kind="http"),
        ScenarioStarted(scenario="s/fail.yaml"),
        StepStarted(scenario="s/fail.yaml", step=0, name="Chat", step_kind="http"),
        StepFinished(
            scenario="s/fail.yaml",
            step=0,
            name="Chat",
            outcome=Outcome.FAILED,
            elapsed_ms=12.0,
            checks=(
                CheckResult(
                    check="status",
                    outcome=Outcome.FAILED,
                    message="[Chat] expected status 200, got 500",
                    at=at,
                ),
            ),
            exchange=exchange,
            message="[Chat] expected status 200, got 500",
        ),
        finished("s/fail.yaml", Outcome.FAILED, "[Chat] expected status 200, got 500"),
        StepFinished(
            scenario="s/pass.yaml", step=0, name="GET /", outcome=Outcome.PASSED, elapsed_ms=3.0
        ),
        finished("s/pass.yaml", Outcome.PASSED),
        ScenarioStarted(scenario="s/infra.yaml"),
        finished("s/infra.yaml", Outcome.ERROR, "cannot reach 'proxy': refused", "Trace\n  back"),
        ScenarioStarted(scenario="s/half.yaml"),
        ScenarioStarted(scenario="s/test_a.py::test_one"),
        finished("s/test_a.py::test_one", Outcome.FAILED, "assert 1 == 2", "def test_one():"),
        ScenarioStarted(scenario="s/test_a.py::test_two[x/y]"),
        finished("s/test_a.py::test_two[x/y]", Outcome.SKIPPED, "not today"),
        ScenarioStarted(scenario="s/test_b.py::test_three"),
        finished("s/test_b.py::test_three", Outcome.PASSED),
        finished("s/half.yaml", Outcome.INTERRUPTED),
        RunFinished(exit_code=1, elapsed_ms=4321.0),
    ]
