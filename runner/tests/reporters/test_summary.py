from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import SUMMARY_FILE, SummaryReporter
from tests.support.golden import check_golden
from tests.support.records import every_outcome, finished, planned, publish, started

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agentrig.events import Event


def summary_of(folder: Path, events: Iterable[Event]) -> dict[str, Any]:
    stream = publish(events, [SummaryReporter(folder / SUMMARY_FILE)])
    assert stream.problems == []
    content: dict[str, Any] = json.loads((folder / SUMMARY_FILE).read_bytes())
    return content


def test_summary_of_a_run_with_every_outcome(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    summary_of(tmp_path, every_outcome())
    golden = request.path.parent / "golden/summary.json"
    check_golden(golden, (tmp_path / SUMMARY_FILE).read_text())


@pytest.mark.parametrize("size", range(20))
def test_planned_is_results_and_not_run_however_early_the_end(tmp_path: Path, size: int) -> None:
    summary = summary_of(tmp_path, every_outcome()[:size])
    accounted = len(summary["scenarios"]) + len(summary["not_run"])
    assert summary["planned"] == accounted == sum(summary["counts"].values())
    assert summary["exit_code"] == (1 if "failed" in summary["counts"] else 3)


@pytest.mark.parametrize(
    ("exit_code", "outcome"),
    [
        (0, "passed"),
        (1, "failed"),
        (2, "interrupted"),
        (3, "error"),
        (4, "invalid"),
        (5, "empty"),
        (99, "error"),
    ],
)
def test_outcome_is_the_exit_code_in_words(tmp_path: Path, exit_code: int, outcome: str) -> None:
    events: list[Event] = [started([]), RunFinished(exit_code=exit_code, elapsed_ms=1.0)]
    assert summary_of(tmp_path, events)["outcome"] == outcome


def test_text_that_is_no_unicode_is_replaced(tmp_path: Path) -> None:
    events: list[Event] = [
        started([planned("a\udcff.yaml")]),
        finished("a\udcff.yaml", Outcome.FAILED, "\ud800"),
    ]
    (scenario,) = summary_of(tmp_path, events)["scenarios"]
    assert (scenario["id"], scenario["message"]) == ("a\ufffd.yaml", "\ufffd")
