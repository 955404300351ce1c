from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from agentrig.events import (
    Event,
    ExecutionFinished,
    Iterations,
    Latency,
    LimitChecked,
    MetricRecorded,
    Outcome,
    RunFinished,
    RunProgressed,
    ScenarioFinished,
    ScenarioStarted,
    StepStarted,
)
from agentrig.reporters.log import LogEntry, LogReporter, render_json, render_text
from agentrig.reporters.log_writer import LogWriter
from tests.support.clock import Clock
from tests.support.golden import check_golden
from tests.support.records import every_outcome, finished, planned, publish, records, started

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

TIMES = Latency(steps=40, p50_ms=1.0, p90_ms=2.0, p95_ms=3.0, p99_ms=4.0, max_ms=5.0)


def entries(events: Iterable[Event]) -> list[LogEntry]:
    written: list[LogEntry] = []
    assert publish(events, [LogReporter(written.append)]).problems == []
    return written


def everything() -> list[Event]:
    """Add what `every_outcome` has none of: retries, metrics, repetitions and limits."""
    *events, _ = every_outcome()
    counts = Iterations(total=20, passed=19, failed=1, errors=0, latency=TIMES)
    return [
        *events,
        ExecutionFinished(
            scenario="s/never.yaml",
            number=1,
            outcome=Outcome.FAILED,
            elapsed_ms=80.0,
            message="[Ask] expected status 200, got 503",
        ),
        MetricRecorded(scenario="s/never.yaml", name="score", value=0.875, unit="ratio"),
        ScenarioFinished(
            scenario="s/never.yaml", outcome=Outcome.PASSED, elapsed_ms=90.0, flaky=True
        ),
        LimitChecked(name="p95_ms", limit=2, actual=3.0, outcome=Outcome.FAILED),
        LimitChecked(name="error_rate", limit=0.1, actual=0.05, outcome=Outcome.PASSED),
        RunFinished(exit_code=1, elapsed_ms=4321.0, iterations=counts),
    ]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_log_of_a_run_with_everything(request: pytest.FixtureRequest, log_format: str) -> None:
    render = {"text": render_text, "json": render_json}[log_format]
    text = "".join(render(entry) for entry in entries(everything()))
    check_golden(request.path.parent / f"golden/log_{log_format}.txt", text)


def test_an_invalid_run_says_its_first_mistake_and_then_all() -> None:
    message = "error: unknown key 'a'\n --> a.yaml:1:1\n\nerror: unknown key 'b'"
    *_, end = entries([started([]), RunFinished(exit_code=4, elapsed_ms=1.0, message=message)])
    assert end.error is not None
    assert end.error.message == "unknown key 'a'"
    assert render_text(end).endswith("    error: unknown key 'b'\n")
    assert (end.level, end.exit_code) == ("error", 4)


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "a\rb", "a\x85b", "2026-01-02T03:04:05Z INFO  1/1 passed · x", "x\n\n\ny"]
)
def test_words_of_others_begin_no_line_of_their_own(text: str) -> None:
    """What an agent answers can look like no entry, and steers no terminal."""
    events: list[Event] = [
        started([planned("a.yaml", name=text)]),
        finished("a.yaml", Outcome.FAILED, text, text),
        RunFinished(exit_code=1, elapsed_ms=1.0, message=text),
    ]
    written = entries(events)
    lines = "".join(render_text(entry) for entry in written).splitlines()
    heads = [line for line in lines if line and not line.startswith("    ")]
    assert len(heads) == len(written)
    assert not {"\x1b", "\r", "\x85"} & set("".join(lines))


@pytest.mark.parametrize("character", ["x", "\x1b", "\u2028", "\U0001f600", "\ud83d"])
def test_an_object_stays_below_the_size_at_which_runtimes_break_lines(character: str) -> None:
    text = character * 40_000
    events: list[Event] = [
        started([planned(f"a{text}.yaml")]),
        finished(f"a{text}.yaml", Outcome.FAILED, text, text),
        RunFinished(exit_code=1, elapsed_ms=1.0, message=f"{text}\n{text}"),
    ]
    for entry in entries(events):
        line = render_json(entry)
        assert len(line.encode()) < 16_000
        assert json.loads(line)["message"]
        assert line.count("\n") == 1


class Progress:
    """A reporter whose clock is moved by hand; records come when they are given."""

    def __init__(self, *events: Event) -> None:
        self.clock = Clock()
        self.written: list[str] = []
        self.reporter = LogReporter(
            lambda entry: self.written.append(entry.message),
            clock=self.clock,
            now=lambda: "2026-01-02T03:04:05.000Z",
        )
        self.give(*events)

    def give(self, *events: Event) -> None:
        for record in records(events):
            self.reporter.receive(record)

    def after(self, seconds: float) -> Sequence[str]:
        """Let time pass; give what is written of it."""
        self.written.clear()
        self.clock.now += seconds
        self.reporter.say_what_runs()
        return tuple(self.written)


def test_long_scenarios_are_told_of_when_nothing_else_is() -> None:
    plan = [planned(f"s{number}.yaml") for number in range(8)]
    begun = [ScenarioStarted(scenario=one.id) for one in plan[:7]]
    progress = Progress(started(plan), *begun)
    progress.give(StepStarted(scenario="s1.yaml", step=2, name="Ask", step_kind="http"))
    assert progress.after(29) == ()
    assert progress.after(1) == (
        (
            "0/8 finished, 7 running: s0.yaml (30 s), s1.yaml (30 s, step 3: Ask), s2.yaml (30 s), s3.yaml"
            " (30 s), s4.yaml (30 s), 2 more"
        ),
    )
    assert progress.after(29) == ()
    progress.give(*(finished(one.id, Outcome.PASSED) for one in plan[:6]))
    assert progress.after(29) == ()
    assert progress.after(2) == ("6/8 finished, 1 running: s6.yaml (90 s)",)
    progress.reporter.close()
    assert progress.after(100) == ()


def test_a_repetition_says_where_it_stands_now_and_then() -> None:
    progress = Progress(started([planned("s.yaml")]))
    at = RunProgressed(
        elapsed_ms=5_000,
        iterations=Iterations(total=1_000, passed=999, failed=1, errors=0, latency=TIMES),
    )
    progress.after(5)
    progress.give(at)
    assert progress.written == []
    progress.clock.now += 26
    progress.give(at)
    assert progress.written == [
        (
            "after 5.00 s: 1,000 iterations, 1 failed · steps: "
            "p50 1 ms, p90 2 ms, p95 3 ms, p99 4 ms, max 5 ms"
        )
    ]


def test_each_entry_is_written_at_once_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "log"
    fd = os.open(file, os.O_WRONLY | os.O_CREAT)
    reporter = LogReporter(LogWriter(fd, "json").write)
    sizes = []
    for record in records(every_outcome()):
        reporter.receive(record)
        content = file.read_bytes()
        assert content == b"" or content.endswith(b"\n")
        sizes.append(len(content))
    reporter.close()
    os.close(fd)
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_a_log_that_nobody_reads_any_more_does_not_end_the_run() -> None:
    read, write = os.pipe()
    os.close(read)
    stream = publish(every_outcome(), [LogReporter(LogWriter(write, "text").write)])
    os.close(write)
    assert stream.problems == []
