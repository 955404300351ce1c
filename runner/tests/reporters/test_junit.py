from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import JUNIT_FILE, JunitReporter
from tests.support.records import every_outcome, finished, planned, publish, started

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agentrig.events import Event


def junit_of(folder: Path, events: Iterable[Event]) -> Any:
    stream = publish(events, [JunitReporter(folder / JUNIT_FILE)])
    assert stream.problems == []
    return JUnitXml.fromfile(str(folder / JUNIT_FILE))


@pytest.fixture
def junit(tmp_path: Path) -> Any:
    return junit_of(tmp_path, every_outcome())


def test_counts_are_those_of_the_run(junit: Any) -> None:
    counts = (junit.tests, junit.failures, junit.errors, junit.skipped)
    assert counts == (8, 2, 2, 2)
    assert junit.time == pytest.approx(7 * 0.25)


def test_there_is_one_suite_per_file_in_the_order_of_the_plan(junit: Any) -> None:
    found = [(one.name, one.tests, one.failures, one.errors, one.skipped) for one in junit]
    assert found == [
        ("s/pass.yaml", 1, 0, 0, 0),
        ("s/fail.yaml", 1, 1, 0, 0),
        ("s/infra.yaml", 1, 0, 1, 0),
        ("s/half.yaml", 1, 0, 1, 0),
        ("s/never.yaml", 1, 0, 0, 1),
        ("s/test_a.py", 2, 1, 0, 1),
        ("s/test_b.py", 1, 0, 0, 0),
    ]


def test_a_case_says_where_it_stands(junit: Any) -> None:
    cases = [case for suite in junit for case in suite]
    found = [
        (case.classname, case.name, *(case._elem.get(key) for key in ("file", "line")))
        for case in cases[-3:]
    ]
    assert found == [
        ("s.test_a", "test_one", "s/test_a.py", "7"),
        ("s.test_a", "test_two[x/y]", "s/test_a.py", "11"),
        ("s.test_b", "test_three", "s/test_b.py", "3"),
    ]


def test_outcomes_have_their_elements(junit: Any) -> None:
    results = {case.classname: case.result for suite in junit for case in suite}
    kinds = {name: [type(one) for one in found] for name, found in results.items()}
    assert kinds == {
        "s.pass": [],
        "s.fail": [Failure],
        "s.infra": [Error],
        "s.half": [Error],
        "s.never": [Skipped],
        "s.test_a": [Skipped],
        "s.test_b": [],
    }
    assert results["s.fail"][0].message == "[Chat] expected status 200, got 500"
    assert "expect: {status: 200}" in results["s.fail"][0].text
    assert "> POST http://agent:4000/chat" in results["s.fail"][0].text
    assert results["s.infra"][0].text.endswith("Trace\n  back")
    assert results["s.half"][0].message == "interrupted"
    assert results["s.never"][0].message == "not run"
    assert results["s.test_a"][0].message == "not today"


def test_characters_that_xml_forbids_are_replaced(tmp_path: Path, junit: Any) -> None:
    names = [case.name for suite in junit for case in suite]
    assert names[1] == "It fails <&> \ufffd\ufffd[31m"
    assert "\x08" not in (tmp_path / JUNIT_FILE).read_text()


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\ufffe", "\x1b[2J", "\r", "\u2028", "]]>", ""])
def test_any_text_makes_a_document_that_can_be_read(tmp_path: Path, text: str) -> None:
    path = f"s{text}/{text}.yaml"
    events: list[Event] = [
        started([planned(path, name=text or "x")]),
        finished(path, Outcome.FAILED, text, text),
        RunFinished(exit_code=1, elapsed_ms=1.0),
    ]
    assert junit_of(tmp_path, events).failures == 1


def test_nothing_planned_is_an_empty_document(tmp_path: Path) -> None:
    events: list[Event] = [started([]), RunFinished(exit_code=5, elapsed_ms=1.0)]
    assert (junit_of(tmp_path, events).tests, len(junit_of(tmp_path, events))) == (0, 0)


def test_without_its_end_a_run_is_still_written(tmp_path: Path) -> None:
    junit = junit_of(tmp_path, every_outcome()[:9])
    assert (junit.tests, junit.failures, junit.skipped) == (8, 1, 6)


def test_the_document_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    junit_of(tmp_path, every_outcome())
    assert [one.name for one in tmp_path.iterdir()] == [JUNIT_FILE]
