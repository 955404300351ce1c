from __future__ import annotations

import io
from typing import TYPE_CHECKING

import click
import pytest

from agentrig.events import (
    Event,
    Iterations,
    Latency,
    Outcome,
    RunFinished,
    RunProgressed,
    ScenarioStarted,
)
from agentrig.reporters import TerminalReporter
from tests.support.golden import check_golden
from tests.support.records import every_outcome, finished, planned, publish, started

if TYPE_CHECKING:
    from collections.abc import Iterable


def printed(events: Iterable[Event], *, colour: bool = False) -> str:
    output = io.StringIO()
    stream = publish(events, [TerminalReporter(output, colour=colour, results="results")])
    assert stream.problems == []
    return output.getvalue()


@pytest.mark.parametrize("size", [20, 14], ids=["whole", "killed"])
def test_report_of_a_run_with_every_outcome(request: pytest.FixtureRequest, size: int) -> None:
    name = request.node.callspec.id
    golden = request.path.parent / f"golden/terminal_{name}.txt"
    check_golden(golden, printed(every_outcome()[:size]))


def test_colour_adds_nothing_but_colour() -> None:
    coloured = printed(every_outcome(), colour=True)
    assert "\x1b[31m" in coloured
    assert click.unstyle(coloured) == printed(every_outcome())


def test_scenarios_stand_in_the_order_of_the_plan_whichever_ends_first() -> None:
    names = [f"s{number}.yaml" for number in range(5)]
    events: list[Event] = [started([planned(name) for name in names])]
    events += [finished(name, Outcome.PASSED) for name in reversed(names)]
    events.append(RunFinished(exit_code=0, elapsed_ms=1.0))
    lines = [line for line in printed(events).splitlines() if line.startswith("passed ")]
    assert [line.split()[-1] for line in lines] == names


def test_a_scenario_is_printed_as_soon_as_those_before_it_are() -> None:
    output = io.StringIO()
    reporter = TerminalReporter(output, colour=False)
    from tests.support.records import records  # noqa: PLC0415

    names = ["a.yaml", "b.yaml", "c.yaml"]
    events: list[Event] = [started([planned(name) for name in names])]
    events += [finished(name, Outcome.PASSED) for name in ("b.yaml", "a.yaml", "c.yaml")]
    seen = []
    for record in records(events):
        reporter.receive(record)
        seen.append(output.getvalue().count("passed"))
    assert seen == [0, 0, 2, 3]


@pytest.mark.parametrize("text", ["\x1b[2J\x1b[H", "\x9b2J", "a\rb", "\x07", "\x1b]0;title\x07"])
def test_an_agents_words_cannot_steer_the_terminal(text: str) -> None:
    events: list[Event] = [
        started([planned("a.yaml", name=text), planned("b.yaml", name="b")]),
        ScenarioStarted(scenario="a.yaml"),
        finished("a.yaml", Outcome.FAILED, text, text),
        finished("b.yaml", Outcome.SKIPPED, text),
        RunFinished(exit_code=1, elapsed_ms=1.0, message=text),
    ]
    for colour in (True, False):
        shown = click.unstyle(printed(events, colour=colour))
        assert [c for c in shown if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0] == []
    assert "\\x" in shown or "a b" in shown


def test_a_name_of_several_lines_takes_one() -> None:
    events: list[Event] = [
        started([planned("a.yaml", name="one\npassed  2 ms  b.yaml\n")]),
        finished("a.yaml", Outcome.PASSED),
        RunFinished(exit_code=0, elapsed_ms=1.0),
    ]
    assert printed(events).count("\npassed ") == 1


def test_a_log_is_told_once_a_minute_where_a_repetition_stands() -> None:
    latency = Latency(steps=9, p50_ms=1, p90_ms=2, p95_ms=3, p99_ms=4, max_ms=2500)
    iterations = Iterations(total=5_400, passed=5_398, failed=1, errors=1, latency=latency)
    events: list[Event] = [started([planned("a.yaml")]), ScenarioStarted(scenario="a.yaml")]
    events += [
        RunProgressed(elapsed_ms=elapsed_ms, iterations=iterations)
        for elapsed_ms in range(10_000, 200_000, 10_000)
    ]
    lines = [line for line in printed(events).splitlines() if line.startswith("after ")]
    what = "5,400 iterations, 1 failed, 1 with infrastructure errors"
    times = "steps: p50 1 ms, p90 2 ms, p95 3 ms, p99 4 ms, max 2.50 s"
    assert lines == [f"after {at}.00 s: {what} · {times}" for at in (60, 120, 180)]
