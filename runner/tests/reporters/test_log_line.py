"""What is read of a log's lines is what was written, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig._excerpt import printable
from agentrig.events import Event, Outcome, RunFinished, ScenarioFinished
from agentrig.reporters.log import (
    LogEntry,
    LogLine,
    LogReporter,
    read_log_line,
    render_json,
    render_text,
)
from tests.support.records import planned, publish, started

# What `kubectl logs` makes of a line.
FORMS = {
    "bare": "",
    "timestamps": "2026-01-02T03:04:05.678901234Z ",
    "prefix": "[pod/run-42-x7/runner] ",
    "both": "[pod/run-42-x7/runner] 2026-01-02T03:04:05.678901234+02:00 ",
}
RENDER = {"text": render_text, "json": render_json}

results = st.builds(
    ScenarioFinished,
    scenario=st.text(min_size=1).filter(lambda text: text.strip() != ""),
    outcome=st.sampled_from(Outcome),
    elapsed_ms=st.floats(min_value=0, max_value=1e9),
    message=st.none() | st.text(),
    details=st.none() | st.text(),
    flaky=st.booleans(),
)
ends = st.builds(
    RunFinished,
    exit_code=st.integers(min_value=0, max_value=5),
    elapsed_ms=st.floats(min_value=0, max_value=1e9),
    message=st.none() | st.text(),
)


def lines_of(events: list[Event], log_format: str, prefix: str) -> list[str]:
    written: list[LogEntry] = []
    assert publish(events, [LogReporter(written.append)]).problems == []
    text = "".join(RENDER[log_format](entry) for entry in written)
    return [prefix + line for line in text.split("\n")]


@pytest.mark.parametrize("log_format", RENDER)
@given(
    form=st.sampled_from([*FORMS]),
    found=st.lists(results, max_size=3, unique_by=lambda one: one.scenario),
    end=ends,
)
def test_what_was_written_is_read(
    log_format: str, form: str, found: list[ScenarioFinished], end: RunFinished
) -> None:
    plan = [planned("x.yaml"), *(planned(one.scenario) for one in found)]
    lines = lines_of([started(plan), *found, end], log_format, FORMS[form])
    assert [read for line in lines if (read := read_log_line(line))] == [
        LogLine(kind="run.started", planned=len({one.id for one in plan})),
        *(
            LogLine(
                kind="scenario.finished",
                finished=number,
                planned=len({one.id for one in plan}),
                scenario=named(one.scenario, log_format),
                outcome=one.outcome,
                flaky=one.flaky,
            )
            for number, one in enumerate(found, start=1)
        ),
        LogLine(kind="run.finished", exit_code=end.exit_code),
    ]


def named(scenario: str, log_format: str) -> str:
    """Give an identity as a log has it: on one line, and of whole characters."""
    if log_format == "text":
        return printable(" ".join(scenario.split()))
    return scenario


HEAD = "2026-01-02T03:04:05.678Z INFO  "


@pytest.mark.parametrize(
    "line",
    [
        "",
        "words of a test",
        "    2026-01-02T03:04:05.678Z INFO  run started: 3 planned",
        "2026-01-02T03:04:05.678901234Z     " + HEAD + "1/2 passed in 3 ms · a",
        HEAD + "1/2 finished, 1 running: a.yaml (30 s)",
        HEAD + "1/2 exploded in 3 ms · a",
        HEAD + "run started: many planned",
        HEAD + "run finished, exit code 1234, failed: 1 failed",
        "1/2 passed in 3 ms · a",
        "{",
        "{}",
        '{"kind": "run.started"}',
        '{"kind": "run.started", "planned": -1}',
        '{"kind": "run.started", "planned": "3"}',
        '{"kind": "run.started", "planned": 1e99}',
        '{"kind": "run.finished", "exit_code": 999}',
        (
            '{"kind": "scenario.finished", "scenario": "a", "outcome": "great", "planned": 1,'
            ' "finished": 1}'
        ),
        '{"kind": "metric.recorded", "planned": 3}',
        '{"a": ' + "[" * 100_000,
        '{"kind": "\ud83d"}',
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert read_log_line(line) is None


pieces = st.sampled_from(
    [
        *("2026-01-02T03:04:05Z", "INFO ", "ERROR", "1/2", "passed", " · ", ", flaky", "[pod/a] "),
        *("run started: ", "run finished, ", "planned", "exit code", "{", "}", '"kind":', "\x00"),
        *("\ud83d", "9" * 30, " ", "\n", json.dumps({"kind": "run.started", "planned": 2})),
    ]
)


@given(st.text() | st.lists(pieces).map("".join))
def test_any_text_can_be_asked_about(line: str) -> None:
    read = read_log_line(line)
    assert read is None or isinstance(read, LogLine)
