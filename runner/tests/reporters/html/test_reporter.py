"""What the page is given of a run: everything that a reader needs, and no more than memory allows."""

from __future__ import annotations

import re
import tracemalloc
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import msgspec

from agentrig.events import (
    ArtifactSaved,
    CheckResult,
    Exchange,
    ExecutionFinished,
    MetricRecorded,
    Outcome,
    Phase,
    RunFinished,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from agentrig.reporters import HtmlReporter, Tally
from agentrig.reporters.html import _reporter
from tests.support.records import every_outcome, finished, planned, publish, records, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from agentrig.events import Event
    from agentrig.stream import Reporter

END = RunFinished(exit_code=0, elapsed_ms=5.0)


def page_of(events: list[Event], folder: Path) -> bytes:
    publish(events, [HtmlReporter(folder / "report.html")])
    return (folder / "report.html").read_bytes()


def data_of(page: bytes) -> tuple[dict[str, Any], dict[str, dict[str, Any]], list[str]]:
    """Read what the page was given: the run, a row per scenario that began, and the plan."""
    found = re.search(
        rb'<script type="application/json" id="data"([^>]*)>(.*?)</script', page, re.DOTALL
    )
    assert found
    text = zlib.decompress(b64decode(found[2])) if b"deflate" in found[1] else found[2]
    rows = [msgspec.json.decode(line) for line in text.splitlines()]
    (run,) = (row["run"] for row in rows if "run" in row)
    plan = [one["id"] for row in rows for one in row.get("planned", ())]
    return run, {row["id"]: row for row in rows if "id" in row}, plan


def step(number: int, name: str = "ask", **more: Any) -> list[Event]:
    values = {"outcome": Outcome.PASSED, "elapsed_ms": 3.0, **more}
    return [
        StepStarted(scenario="a", step=number, name=name, step_kind="http"),
        StepFinished(scenario="a", step=number, name=name, **values),
    ]


def run_of_one(events: list[Event], **end: Any) -> list[Event]:
    values = {"outcome": Outcome.PASSED, "elapsed_ms": 9.0, **end}
    return [
        started([planned("a")]),
        ScenarioStarted(scenario="a"),
        *events,
        ScenarioFinished(scenario="a", **values),
        END,
    ]


def test_the_plan_is_there_and_a_row_for_each_that_began(tmp_path: Path) -> None:
    run, rows, plan = data_of(page_of(every_outcome(), tmp_path))
    assert len(plan) == run["planned"] == 8
    assert set(plan) - set(rows) == {"s/never.yaml"}
    assert {row["outcome"] for row in rows.values()} == {
        *("passed", "failed", "error", "skipped", "interrupted")
    }
    assert run["exit_code"] == 1
    assert run["sentence"].startswith("2 failed, 1 with infrastructure errors")
    assert "scenarios" not in run


def test_a_step_has_its_times_checks_and_exchange(tmp_path: Path) -> None:
    checks = (
        CheckResult(check="status", outcome=Outcome.PASSED),
        CheckResult(check="jq .a", outcome=Outcome.FAILED, message="no"),
    )
    exchange = Exchange(method="GET", url="http://a/", status=200)
    more: dict[str, Any] = {
        "checks": checks,
        "exchange": exchange,
        "attempts": 3,
        "phase": Phase.SETUP,
    }
    events = step(0, outcome=Outcome.FAILED, message="no", **more)
    _, rows, _ = data_of(page_of(run_of_one(events), tmp_path))
    ((found,),) = (row["steps"] for row in rows.values())
    assert found.pop("x")["status"] == 200
    assert found == {
        "n": "ask",
        "k": "http",
        "t": 1000,
        "ms": 3.0,
        "o": "failed",
        "p": "setup",
        "m": "no",
        "a": 3,
        "c": ["status", {"check": "jq .a", "outcome": "failed", "message": "no"}],
    }


def test_steps_stand_with_the_execution_that_they_belong_to(tmp_path: Path) -> None:
    events = [
        *step(0, "first", outcome=Outcome.FAILED),
        ExecutionFinished(scenario="a", number=1, outcome=Outcome.FAILED, elapsed_ms=4.0),
        *step(0, "second"),
    ]
    _, rows, _ = data_of(page_of(run_of_one(events, flaky=True), tmp_path))
    assert [one["n"] for one in rows["a"]["steps"]] == ["second"]
    assert [one["n"] for one in rows["a"]["executions"][0]["steps"]] == ["first"]
    assert rows["a"]["flaky"] is True


def test_metrics_and_artifacts_are_kept(tmp_path: Path) -> None:
    events = [
        MetricRecorded(scenario="a", name="score", value=0.5, unit="%"),
        ArtifactSaved(
            scenario="a", name="log", path="artifacts/l.txt", media_type="text/plain", size=3
        ),
    ]
    _, rows, _ = data_of(page_of(run_of_one(events), tmp_path))
    assert rows["a"]["metrics"] == [["score", 0.5, "%"]]
    assert rows["a"]["artifacts"] == [["log", "artifacts/l.txt", "text/plain", 3]]


def test_what_was_running_when_a_run_was_killed_has_a_row(tmp_path: Path) -> None:
    events = [started([planned("a")]), ScenarioStarted(scenario="a"), *step(0)]
    run, rows, _ = data_of(page_of(events, tmp_path))
    assert run["exit_code"] == 3
    assert "outcome" not in rows["a"]
    assert [one["n"] for one in rows["a"]["steps"]] == ["ask"]


def test_of_very_many_steps_the_first_are_kept_and_what_failed(tmp_path: Path) -> None:
    events = [event for number in range(700) for event in step(number, f"step {number}")]
    events += step(700, "the bad one", outcome=Outcome.FAILED)
    run, rows, _ = data_of(page_of(run_of_one(events), tmp_path))
    names = [one["n"] for one in rows["a"]["steps"]]
    assert names == [*(f"step {number}" for number in range(500)), "the bad one"]
    assert run["left_out"] == {"exchanges": 0, "steps": 200}


def test_a_page_that_grows_too_large_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_reporter, "EXCHANGES_BYTES", 12_000)
    monkeypatch.setattr(_reporter, "STEPS_BYTES", 20_000)
    plan = [planned(f"s{number}") for number in range(30)]
    events: list[Event] = [started(plan)]
    for one in plan:
        exchange = Exchange(method="GET", url="http://a/", response_body="x" * 900)
        outcome = Outcome.FAILED if one.id == "s29" else Outcome.PASSED
        events += [
            ScenarioStarted(scenario=one.id),
            StepFinished(
                scenario=one.id,
                step=0,
                name="ask",
                outcome=outcome,
                elapsed_ms=1.0,
                exchange=exchange,
            ),
            finished(one.id, outcome, "why " * 500),
        ]
    run, rows, _ = data_of(page_of([*events, END], tmp_path))
    with_exchange = [row for row in rows.values() if "x" in row.get("steps", [{}])[0]]
    assert 2 <= len(with_exchange) <= 5
    assert run["left_out"]["exchanges"] + run["left_out"]["steps"] + len(with_exchange) == 30
    assert rows["s0"]["message"] == "why " * 500
    assert rows["s29"]["message"] == "why " * 125
    assert [one["o"] for one in rows["s29"]["steps"]] == ["failed"]
    assert sum("steps" in row for row in rows.values()) > len(with_exchange) + 1


def steps_of_many(scenarios: int, steps: int) -> Iterator[Event]:
    yield started(planned(f"s{number}") for number in range(scenarios))
    for number in range(scenarios):
        name = f"s{number}"
        yield ScenarioStarted(scenario=name)
        for at in range(steps):
            yield StepStarted(scenario=name, step=at, name=f"step {at}", step_kind="http")
            yield StepFinished(
                scenario=name,
                step=at,
                name=f"step {at}",
                outcome=Outcome.PASSED,
                elapsed_ms=at + number / 7,
                checks=(CheckResult(check="status", outcome=Outcome.PASSED),),
            )
        yield finished(name, Outcome.PASSED)


def test_steps_of_finished_scenarios_take_next_to_no_memory(tmp_path: Path) -> None:
    kept = records(list(steps_of_many(300, 20)))

    def held_by(reporter: Reporter) -> int:
        tracemalloc.start()
        for record in kept:
            reporter.receive(record)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return held

    # 6,000 steps; their events alone are 2 MB. The compressor takes 260 kB, once.
    assert held_by(HtmlReporter(tmp_path / "report.html")) - held_by(Tally()) < 500_000


def test_without_scripts_the_page_says_how_it_ended_and_where_the_rest_is(tmp_path: Path) -> None:
    page = page_of(every_outcome(), tmp_path)
    words = page.partition(b"<noscript>")[2].partition(b"</noscript>")[0].decode()
    assert "<h1>Run a-run: failed</h1>" in words
    assert "<li>failed: s/fail.yaml: [Chat] expected status 200, got 500</li>" in words
    assert '<a href="junit.xml">junit.xml</a>' in words


def test_the_same_events_make_the_same_page(tmp_path: Path) -> None:
    assert page_of(every_outcome(), tmp_path) == page_of(every_outcome(), tmp_path)
