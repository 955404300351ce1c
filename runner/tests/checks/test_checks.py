"""Checks and captures on an output: subjects, the order, the messages, what was not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.checks import Output
from agentrig.events import Outcome
from tests.support.golden import check_golden
from tests.support.judged import json_output, judged

if TYPE_CHECKING:
    from agentrig.events import CheckResult

GOLDEN = Path(__file__).parent / "golden"

HEADERS = (
    ("content-type", "application/json; charset=utf-8"),
    ("set-cookie", "sid=abc=; Path=/; HttpOnly"),
    ("vary", "accept"),
    ("vary", "origin"),
    ("x-empty", ""),
)
BODY = '{"answer": "On Monday", "issues": [{"rule": "pii"}], "id": "r-1", "none": null}'


def output(**more: Any) -> Output:
    given = {"status": 201, "headers": HEADERS, "elapsed_ms": 12.5, **more}
    return Output(body=BODY.encode(), **given)


def results(
    checks: str, *, of: Output | None = None, names: dict[str, Any] | None = None
) -> list[CheckResult]:
    lines = [f"    - {line.strip()}" for line in checks.strip().splitlines()]
    text = "expect:\n  checks:\n" + "\n".join(lines)
    found, _ = judged(text, of or output(), names)
    return found


def failure(check: str, *, of: Output | None = None) -> str:
    last = results(check, of=of)[-1]
    assert last.outcome is Outcome.FAILED, last
    assert last.message is not None
    return last.message


def test_every_subject_is_read() -> None:
    found = results(
        """
        {jq: .answer, contains: Monday, length: 9}
        {jq: 'map_values(.) | .id == $request_id', equals: true}
        {header: Content-Type, starts_with: application/json}
        {header: vary, equals: "accept, origin"}
        {header: x-empty, exists: true, empty: true}
        {header: x-powered-by, exists: false}
        {cookie: sid, equals: abc=}
        {cookie: other, exists: false}
        {regex: 'On (\\w+)', equals: Monday}
        {regex: Monday, equals: Monday}
        {regex: Sunday, exists: false}
        {regex: '(Sun)|Mon', exists: false}
        {status: {one_of: [200, 201]}}
        {elapsed_ms: {le: 2000, gt: 12}}
        {body: {contains: '"answer"'}}
        {jq: .none, exists: false, equals: null}
        {jq: .nothing, not: {exists: true}}
        """,
        names={"request_id": "r-1"},
    )
    assert [one.check for one in found if one.outcome is not Outcome.PASSED] == []
    assert [one.check for one in found][:5] == [
        "jq .answer contains",
        "jq .answer length",
        "jq map_values(.) | .id == $request_id equals",
        "header Content-Type starts_with",
        "header vary equals",
    ]
    assert {one.check for one in found} >= {"status one_of", "elapsed_ms gt", "body contains"}


def test_checks_end_at_the_first_that_fails() -> None:
    found = results("{jq: .id, equals: r-1, gt: 5, lt: 6}\n{status: {equals: 500}}")
    assert [one.outcome for one in found] == [Outcome.PASSED, Outcome.FAILED]


@pytest.mark.parametrize(
    ("check", "says", "marked"),
    [
        ("{jq: .id, equals: r-2}", 'path \'.id\': expected "r-2", got "r-1"', "r-2"),
        ("{status: {equals: 200}}", "status: expected 200, got 201", "200"),
        ("{elapsed_ms: {lt: 12}}", "elapsed_ms: expected a number below 12, got 12.5", "12"),
        (
            "{header: x-id, contains: a}",
            "header 'x-id': there is no header 'x-id'",
            "a",
        ),
        ("{cookie: x, equals: a}", "cookie 'x': there is no cookie 'x'", "a"),
        ("{regex: S.n, equals: a}", "regex 'S.n': there is no match of 'S.n'", "a"),
        (
            "{header: x-id, not: {contains: a}}",
            "header 'x-id': there is no header 'x-id'",
            "{contains: a}",
        ),
        (
            "{header: x-id, exists: true}",
            "header 'x-id': expected a value: there is no header 'x-id'",
            "true",
        ),
        ("{jq: .issues | .rule, equals: a}", "Cannot index array with string", ".issues | .rule"),
        ("{jq: '.issues[] , .id', equals: a}", "more than one value", ".issues[] , .id"),
        ("{body: {matches: ^x}}", "body: expected to match '^x', got \"{", "^x"),
    ],
)
def test_a_failed_check_says_where_what_and_what_came(check: str, says: str, marked: str) -> None:
    last = results(check)[-1]
    assert last.message is not None
    assert last.message.startswith("[Ask] ")
    assert says in last.message
    assert last.at is not None
    begin = last.at.column - 1
    found = last.at.text[begin : begin + last.at.length]
    assert found.strip("'") == marked


def test_a_body_that_is_no_json_is_told_once_it_is_asked_for() -> None:
    broken = Output(body=b"<html>", status=200)
    assert [one.outcome for one in results("{status: {equals: 200}}", of=broken)] == [
        Outcome.PASSED
    ]
    assert failure("{jq: .a, exists: false}", of=broken) == (
        "[Ask] path '.a': the body is not JSON: Expecting value: line 1 column 1 (char 0)"
    )


def test_a_step_without_a_status_has_none() -> None:
    value = json_output(1)
    assert failure("{status: {equals: 200}}", of=value) == "[Ask] status: there is no status"
    assert results("{status: {exists: false}}", of=value)[0].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("name", "expected", "actual"),
    [
        ("one_value", {"a": {"b": [1, 2]}, "c": 3}, {"a": {"b": [1, 5]}, "c": 3}),
        ("missing_key", {"a": 1, "b": 2}, {"a": 1}),
        ("extra_key", {"a": 1}, {"a": 1, "odd key": {"x": []}}),
        ("longer_list", [1, 2, 3], [1, 2]),
        ("true_for_one", [{"ok": True}], [{"ok": 1}]),
        ("much", list(range(200)), [one * 2 for one in range(200)]),
        ("far_apart", list(range(3000)), [*range(2900), "x", *range(2901, 3000)]),
        ("long_lines", {"text": "a" * 1000}, {"text": "b" * 1000}),
    ],
)
def test_structures_that_differ_are_shown_as_a_difference(
    name: str, expected: Any, actual: Any
) -> None:
    import json  # noqa: PLC0415  # JSON is YAML, in one line

    said = failure(f"{{jq: ., equals: {json.dumps(expected)}}}", of=json_output(actual))
    check_golden(GOLDEN / f"difference_{name}.txt", said + "\n")
    assert len(said.splitlines()) <= 45


def test_captures_are_read_by_their_names() -> None:
    text = """
capture:
  id: {jq: .id}
  rule: {jq: '.issues | first.rule'}
  type: {header: content-type}
  sid: {cookie: sid}
  day: {regex: 'On (\\w+)'}
  status: {status: true}
  took: {elapsed_ms: true}
  all: {body: true}
  same: {jq: '.id == $given'}
"""
    found, values = judged(text, output(), {"given": "r-1"})
    assert found == []
    assert values == {
        "id": "r-1",
        "rule": "pii",
        "type": "application/json; charset=utf-8",
        "sid": "abc=",
        "day": "Monday",
        "status": 201,
        "took": 12.5,
        "all": BODY,
        "same": True,
    }


@pytest.mark.parametrize(
    ("capture", "says"),
    [
        ("{header: x-id}", "there is no header 'x-id'"),
        ("{cookie: x}", "there is no cookie 'x'"),
        ("{regex: (Sun)|Mon}", "there is no group 1 in the match of '(Sun)|Mon'"),
        ("{jq: .none}", "path '.none' is null"),
        ("{jq: .nothing.at.all}", "path '.nothing.at.all' is null"),
        ("{jq: .answer | keys}", "path '.answer | keys': string (\"On Monday\") has no keys"),
    ],
)
def test_a_capture_of_nothing_is_a_failed_check(capture: str, says: str) -> None:
    (failed,), values = judged(f"capture:\n  first: {{jq: .id}}\n  it: {capture}", output())
    assert failed.check == "capture it"
    assert failed.message == f"[Ask] capture 'it': {says}"
    assert failed.at is not None
    assert failed.at.line == 3
    assert values == {"first": "r-1"}
