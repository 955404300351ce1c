from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from msgspec.structs import replace

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import JUNIT_FILE, JunitReporter
from tests.support.records import every_outcome, finished, planned, publish, started
from tests.support.rich_run import bad_step, everything, execution
from tests.support.surefire import surefire_schema

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
    assert "> POST" not in results["s.fail"][0].text
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


@pytest.mark.parametrize("files", [1, 99, 100, 101, 250])
def test_however_many_files_there_are_each_has_its_suite(tmp_path: Path, files: int) -> None:
    paths = [f"s/{number}.yaml" for number in range(files)]
    events: list[Event] = [
        started([planned(path) for path in paths]),
        *(finished(path, Outcome.PASSED) for path in paths),
        RunFinished(exit_code=0, elapsed_ms=1.0),
    ]
    junit = junit_of(tmp_path, events)
    assert [(suite.name, suite.tests) for suite in junit] == [(path, 1) for path in paths]
    assert (junit.tests, junit.time) == (files, pytest.approx(files * 0.25))
    lines = (tmp_path / JUNIT_FILE).read_text().splitlines()
    assert sum(line.startswith("  <testsuite ") for line in lines) == files


def test_without_its_end_a_run_is_still_written(tmp_path: Path) -> None:
    junit = junit_of(tmp_path, every_outcome()[:9])
    assert (junit.tests, junit.failures, junit.skipped) == (8, 1, 6)


def test_the_document_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    junit_of(tmp_path, every_outcome())
    assert [one.name for one in tmp_path.iterdir()] == [JUNIT_FILE]


def test_the_failed_exchange_is_the_output_of_its_test(junit: Any) -> None:
    output = {case.classname: case.system_out for suite in junit for case in suite}
    assert output["s.fail"].splitlines()[:3] == [
        "> POST http://agent:4000/chat",
        "> content-type: application/json",
        ">",
    ]
    assert "< 500 in 12 ms" in output["s.fail"]
    assert [name for name, text in output.items() if text] == ["s.fail"]


def test_every_suite_is_as_surefires_schema_wants_it(tmp_path: Path) -> None:
    """What is not of Surefire is known by other readers: where a case stands, and its properties."""
    (tmp_path / "artifacts/one").mkdir(parents=True)
    (tmp_path / "artifacts/one/a.txt").write_text("a")
    schema = surefire_schema()
    for events in (everything(), every_outcome()):
        suites = [suite._elem for suite in junit_of(tmp_path, events)]
        for suite in suites:
            del suite.attrib["timestamp"]
            for case in suite.findall("testcase"):
                for name in ("file", "line"):
                    case.attrib.pop(name, None)
                for group in case.findall("properties"):
                    assert next(iter(case)) is group
                    case.remove(group)
            assert [str(error) for error in schema.iter_errors(suite)] == []
        assert len(suites) >= 7


def test_executions_before_the_last_are_flaky_or_rerun_elements(tmp_path: Path) -> None:
    junit = junit_of(tmp_path, everything())
    found = {
        case.name: [(one.tag, one.get("message")) for one in case._elem if one.tag != "properties"]
        for suite in junit
        for case in suite
    }
    assert found["flaky.yaml"] == [("flakyFailure", "execution 1")]
    assert found["again.yaml"] == [
        ("failure", "still no"),
        ("rerunFailure", "execution 1"),
        ("rerunError", "execution 2"),
        ("system-out", None),
    ]
    assert found["broken.yaml"] == [("rerunFailure", "execution 1"), ("error", "no way there")]
    [rerun] = [
        one for suite in junit for case in suite for one in case._elem if one.tag == "rerunError"
    ]
    assert rerun.findtext("system-out") == "> GET http://agent/\n< 500 in 1 ms\n<\n< no"


def properties_of(element: Any) -> list[tuple[str, str]]:
    found = element.findall("properties/property")
    return [(one.get("name"), one.get("value")) for one in found]


def test_properties_name_the_run_and_what_it_is_found_by(tmp_path: Path) -> None:
    junit = junit_of(tmp_path, everything())
    suites = {suite.name: suite._elem for suite in junit}
    assert properties_of(suites["flaky.yaml"]) == [
        ("agentrig.run", "a-run"),
        ("agentrig.commit", "c0ffee"),
        ("agentrig.label.environment", "staging"),
        ("agentrig.label.model", "m-1"),
        ("agentrig.source.kind", "git"),
        ("agentrig.source.url", "https://git.example/r.git"),
        ("agentrig.source.ref", "main"),
        ("agentrig.source.commit", "c0ffee"),
    ]
    assert properties_of(suites["dir/test_a.py"].find("testcase")) == [
        ("agentrig.tag", "smoke"),
        ("agentrig.tag", "a<b"),
        ("agentrig.metric.score", "0.93"),
        ("agentrig.metric.found after", "812.5 ms"),
    ]


@pytest.mark.parametrize("project", [None, ".", "elsewhere"])
def test_artifacts_that_are_there_are_attachments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: str | None
) -> None:
    """GitLab takes paths within its project, Jenkins absolute ones."""
    if project:
        monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / project))
    results = tmp_path / "results"
    (results / "artifacts/one").mkdir(parents=True)
    (results / "artifacts/one/a.txt").write_text("a")
    (tmp_path / "outside").write_text("no")
    [output] = [
        case.system_out
        for suite in junit_of(results, everything())
        for case in suite
        if case.name == "test_one"
    ]
    named = {
        None: f"[[ATTACHMENT|{results}/artifacts/one/a.txt]]",
        ".": "[[ATTACHMENT|results/artifacts/one/a.txt]]",
        "elsewhere": None,
    }
    assert output == named[project]


def test_names_that_two_scenarios_have_are_told_apart(tmp_path: Path) -> None:
    plan = [planned("a.yaml[one]"), planned("a.yaml[two]"), planned("a.yaml#three")]
    named = [replace(one, path="a.yaml", name=name) for one, name in zip(plan, "xxy", strict=True)]
    junit = junit_of(tmp_path, [started(named), RunFinished(exit_code=2, elapsed_ms=1.0)])
    assert [case.name for suite in junit for case in suite] == ["x [one]", "x [two]", "y"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("m" * 10_000_000, 1),
        ("\n" * 200_000, 30),
        ("&\x00" * 100_000, 30),
        ("\U0001f600" * 200_000, 30),
    ],
    ids=["one", "lines", "escaped", "wide"],
)
def test_huge_texts_are_cut_to_what_readers_take(tmp_path: Path, text: str, count: int) -> None:
    names = [f"{number}.yaml" for number in range(count)]
    events: list[Event] = [started(planned(name, name=text) for name in names)]
    for name in names:
        events += [
            bad_step(name, body=text),
            execution(name, 1, Outcome.FAILED),
            bad_step(name, body=text),
            finished(name, Outcome.FAILED, text, text),
        ]
    junit = junit_of(tmp_path, [*events, RunFinished(exit_code=1, elapsed_ms=1.0)])
    assert junit.failures == count
    # GitLab's limit for a file; no text comes near the 10 MB at which its parser stops.
    assert (tmp_path / JUNIT_FILE).stat().st_size < 30_000_000
    longest = max(len(one.text or "") for one in junit._elem.iter())
    assert longest < 200_000
    assert all(len(value) < 2_000 for one in junit._elem.iter() for value in one.attrib.values())
