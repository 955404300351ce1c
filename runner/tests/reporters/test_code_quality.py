from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import CODE_QUALITY_FILE, CodeQualityReporter, Repository
from tests.support.records import every_outcome, finished, planned, publish, started
from tests.support.rich_run import everything

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from agentrig.events import Event


def findings_of(folder: Path, events: Iterable[Event]) -> list[dict[str, Any]]:
    file = folder / CODE_QUALITY_FILE
    reporter = CodeQualityReporter(file, repository=Repository(folder))
    assert publish(events, [reporter]).problems == []
    found: list[dict[str, Any]] = json.loads(file.read_bytes())
    return found


def test_findings_say_what_failed_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qa" / "s").mkdir(parents=True)
    (tmp_path / "qa" / "s" / "fail.yaml").write_text("x")
    monkeypatch.chdir(tmp_path / "qa")
    found = findings_of(tmp_path, every_outcome())
    assert [{**one, "fingerprint": "..."} for one in found] == [
        {
            "description": "It fails <&> \x00\x1b[31m: [Chat] expected status 200, got 500",
            "check_name": "agentrig/failed",
            "fingerprint": "...",
            "severity": "critical",
            "location": {"path": "qa/s/fail.yaml", "lines": {"begin": 4}},
        },
        {
            "description": "No way there: cannot reach 'proxy': refused",
            "check_name": "agentrig/error",
            "fingerprint": "...",
            "severity": "major",
            "location": {"path": "s/infra.yaml", "lines": {"begin": 1}},
        },
        {
            "description": "test_one: assert 1 == 2",
            "check_name": "agentrig/failed",
            "fingerprint": "...",
            "severity": "critical",
            "location": {"path": "s/test_a.py", "lines": {"begin": 7}},
        },
    ]
    assert len({one["fingerprint"] for one in found}) == 3


def test_flaky_scenarios_are_minor(tmp_path: Path) -> None:
    found = {one["check_name"]: one for one in findings_of(tmp_path, everything())}
    assert found["agentrig/flaky"]["severity"] == "minor"
    assert found["agentrig/flaky"]["description"] == "flaky.yaml: passed on retry"


def test_a_fingerprint_is_that_of_the_scenario_whatever_an_agent_said(tmp_path: Path) -> None:
    def failing(message: str, outcome: Outcome = Outcome.FAILED) -> str:
        events = [started([planned("a.yaml")]), finished("a.yaml", outcome, message)]
        (one,) = findings_of(tmp_path, [*events, RunFinished(exit_code=1, elapsed_ms=1.0)])
        return str(one["fingerprint"])

    assert failing("expected 'yes', got 'no'") == failing("expected 'yes', got 'never'")
    assert failing("no way", Outcome.ERROR) != failing("no way")


def test_a_run_that_passed_has_no_findings(tmp_path: Path) -> None:
    events = [started([planned("a.yaml")]), finished("a.yaml", Outcome.PASSED)]
    assert findings_of(tmp_path, [*events, RunFinished(exit_code=0, elapsed_ms=1.0)]) == []
