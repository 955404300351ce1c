"""Every matcher: what it holds for, what not, and what it says of a value of another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.checks import matchers
from tests.support.judged import problem_with

if TYPE_CHECKING:
    from pathlib import Path

BIG = 9007199254740993

HOLDS: list[Any] = [
    ("equals", 1.0, 1),
    ("equals", BIG, BIG),
    ("equals", {"a": [1, None], "b": {}}, {"b": {}, "a": [1.0, None]}),
    ("equals", None, None),
    ("not_equals", True, 1),
    ("not_equals", [0], [False]),
    ("not_equals", {"a": True}, {"a": 1}),
    ("not_equals", BIG, BIG - 1),
    ("not_equals", float(BIG - 1), BIG),
    ("not_equals", "1", 1),
    ("not_equals", {"a": 1}, {"a": 1, "b": 2}),
    ("one_of", 1, [0, 1.0]),
    ("one_of", None, ["a", None]),
    ("unordered_equals", [1, True, {"a": [2]}], [{"a": [2]}, 1.0, True]),
    ("unordered_equals", [], []),
    ("subset", [1, 1], [2, 1]),
    ("subset", {"a": 1}, {"a": 1, "b": 2}),
    ("superset", [1, 2, {"a": 1}], [{"a": 1}]),
    ("superset", {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1}}),
    ("contains", "abc", "b"),
    ("contains", ["a", 1], 1.0),
    ("contains", {"a": 1}, "a"),
    ("contains", [None], None),
    ("not_contains", "abc", "d"),
    ("not_contains", [1], True),
    ("not_contains", {"a": "b"}, "b"),
    ("matches", "On Monday", "(?i)monday"),
    ("matches", "a\nb", "^b$|(?s)a.b"),
    ("matches", "Zoë", r"^\p{L}+$"),
    ("starts_with", "abc", "ab"),
    ("ends_with", "abc", "bc"),
    ("gt", BIG, BIG - 1),
    ("gt", 1.5, 1),
    ("ge", 2, 2.0),
    ("lt", -1, 0),
    ("le", 0, 0),
    pytest.param("le", 10**400, 10**400, id="le-huge"),
    ("between", 5, [5, 6]),
    ("between", 6.0, [5, 6]),
    ("close_to", 0.51, {"value": 0.5, "tolerance": 0.01}),
    ("close_to", 110, {"value": 100, "percent": 10}),
    ("close_to", -90, {"value": -100, "percent": 10}),
    pytest.param("close_to", 10**400, {"value": 10**400, "tolerance": 0}, id="close_to-huge"),
    ("type", "a", "string"),
    ("type", 1.5, "number"),
    ("type", 1, "number"),
    ("type", 1.0, "integer"),
    ("type", False, "boolean"),
    ("type", [], "array"),
    ("type", {}, "object"),
    ("type", None, "null"),
    ("type", None, None),
    ("length", "漢字", 2),
    ("length", [1, 2, 3], {"ge": 1, "lt": 4}),
    ("length", {}, 0),
    ("empty", [], True),
    ("empty", "", True),
    ("empty", {"a": 1}, False),
    ("exists", 0, True),
    ("exists", None, False),
    ("not_null", False, True),
    ("not_null", None, False),
    ("schema", {"a": 1}, {"type": "object", "required": ["a"]}),
    ("schema", BIG, {"const": BIG}),
    ("schema", "2026-01-02", {"format": "date"}),
    ("not", "abc", {"contains": "d"}),
    ("not", 5, {"ge": 1, "lt": 4}),
    ("any", 5, [{"equals": 4}, {"gt": 4}]),
    ("any", "x", [{"gt": 4}, {"equals": "x"}]),
    ("all", 5, [{"gt": 4}, {"lt": 6}]),
    ("each", [1, 2], {"type": "integer", "lt": 3}),
    ("each", [], {"type": "integer"}),
]

FAILS: list[tuple[str, Any, Any, str]] = [
    ("equals", 1, True, "expected true, got 1"),
    ("equals", "a", "b", 'expected "b", got "a"'),
    ("equals", BIG, BIG - 1, f"expected {BIG - 1}, got {BIG}"),
    ("equals", [1], {"a": 1}, 'expected {"a": 1}, got [1]'),
    ("not_equals", 1.0, 1, "expected anything but 1"),
    ("one_of", True, [1, 2], "expected one of [1, 2], got true"),
    (
        "unordered_equals",
        [1, 1, 2],
        [1, 2, 2],
        "expected the same elements in any order: [2] is missing, [1] is too much",
    ),
    ("unordered_equals", "ab", ["a"], "expected a list, got text"),
    ("subset", [1, 3], [1, 2], "expected nothing but parts of [1, 2]: [3] is not in that list"),
    (
        "subset",
        {"a": 2},
        {"a": 1},
        'expected nothing but parts of {"a": 1}: {"a": 2} is not in that mapping',
    ),
    ("subset", {"a": 2}, ["a"], "expected a list, got a mapping"),
    ("subset", ["a"], {"a": 2}, "expected a mapping, got a list"),
    ("superset", [1], [1, 2], "expected to hold [2] as well, got [1]"),
    (
        "superset",
        {"a": {"b": 1}},
        {"a": {"b": 2}},
        'expected to hold {"a": {"b": 2}} as well, got {"a": {"b": 1}}',
    ),
    ("superset", None, [1], "expected a list, got null"),
    ("contains", "abc", "d", 'expected to contain "d", got "abc"'),
    ("contains", [True], 1, "expected to contain 1, got [true]"),
    ("contains", {"b": "a"}, "a", 'expected to contain "a", got {"b": "a"}'),
    ("contains", 5, "5", "expected text, a list or a mapping, got 5"),
    ("contains", "5", 5, "expected a list to look for 5 in, got text"),
    ("not_contains", "abc", "b", 'expected not to contain "b", got "abc"'),
    ("not_contains", None, "b", "expected text, a list or a mapping, got null"),
    ("matches", "abc", "^b", "expected to match '^b', got \"abc\""),
    ("matches", 5, "5", "expected text, got 5"),
    ("starts_with", "abc", "b", 'expected to start with "b", got "abc"'),
    ("ends_with", ["c"], "c", "expected text, got a list"),
    ("gt", 5, 5, "expected a number above 5, got 5"),
    ("ge", BIG - 1, BIG, f"expected at least {BIG}, got {BIG - 1}"),
    ("lt", 5, 5, "expected a number below 5, got 5"),
    ("le", 2310.5, 2000, "expected at most 2000, got 2310.5"),
    ("gt", "6", 5, "expected a number, got text"),
    ("gt", True, 0, "expected a number, got true"),
    ("between", 7, [5, 6], "expected 5 to 6, got 7"),
    ("between", None, [5, 6], "expected a number, got null"),
    (
        "close_to",
        0.52,
        {"value": 0.5, "tolerance": 0.01},
        "expected 0.5 give or take 0.01, got 0.52",
    ),
    ("close_to", 111, {"value": 100, "percent": 10}, "expected 100 give or take 10 %, got 111"),
    ("close_to", "1", {"value": 1, "percent": 10}, "expected a number, got text"),
    ("type", 1.5, "integer", "expected a value of type integer, got 1.5"),
    ("type", True, "number", "expected a value of type number, got true"),
    ("type", "a", "array", "expected a value of type array, got text"),
    ("length", "abc", 2, 'expected a length of 2, got 3: "abc"'),
    ("length", [], {"ge": 1}, "length: expected at least 1, got 0: []"),
    ("length", 5, 1, "expected text, a list or a mapping, got 5"),
    ("empty", [1], True, "expected nothing in it, got [1]"),
    ("empty", "", False, 'expected something in it, got ""'),
    ("empty", None, True, "expected text, a list or a mapping, got null"),
    ("exists", None, True, "expected a value, got null"),
    ("exists", 0, False, "expected no value, got 0"),
    ("not_null", None, True, "expected a value, got null"),
    ("not_null", 0, False, "expected null, got 0"),
    (
        "schema",
        {"a": "x"},
        {"properties": {"a": {"type": "integer"}}, "required": ["b"]},
        """\
expected to conform to the schema
  at '.': "b" is a required property
  at '.a': "x" is not of type "integer\"""",
    ),
    ("not", "abc", {"contains": "b"}, 'expected not to hold: contains: "b", got "abc"'),
    ("not", "abc", {"gt": 5}, "expected a number, got text"),
    (
        "any",
        5,
        [{"equals": 4}, {"gt": 5}],
        "expected 4, got 5\n  or: expected a number above 5, got 5",
    ),
    ("any", "x", [{"gt": 4}, {"equals": "y"}], "expected a number, got text"),
    ("all", 5, [{"gt": 4}, {"lt": 5}], "expected a number below 5, got 5"),
    (
        "each",
        [1, "x"],
        {"type": "integer"},
        "element [1]: expected a value of type integer, got text",
    ),
    ("each", [1, "x", 0], {"gt": 0}, "element [2]: expected a number above 0, got 0"),
    ("each", [1, "x"], {"gt": 0}, "element [1]: expected a number, got text"),
    ("each", {"a": 1}, {"gt": 0}, "expected a list, got a mapping"),
]


@pytest.mark.parametrize(("name", "value", "operand"), HOLDS)
def test_it_holds(name: str, value: Any, operand: Any) -> None:
    assert problem_with(value, **{name: operand}) is None


@pytest.mark.parametrize(("name", "value", "operand", "says"), FAILS)
def test_it_fails_and_says_why(name: str, value: Any, operand: Any, says: str) -> None:
    assert problem_with(value, **{name: operand}) == says


def test_every_matcher_is_seen_to_hold_and_to_fail() -> None:
    assert {case[0] for case in HOLDS if isinstance(case[0], str)} == set(matchers().names)
    assert {name for name, *_ in FAILS} == set(matchers().names)


def test_all_matchers_of_a_check_must_hold_in_order() -> None:
    assert problem_with(5, gt=1, lt=4, equals=5) == "expected a number below 4, got 5"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_does_not_know_is_close_to_nothing(value: float) -> None:
    problem = problem_with(value, close_to={"value": 1, "percent": 100})
    assert problem is not None
    assert problem.startswith("expected 1 give or take 100 %, got ")


def test_a_pattern_that_backtracks_is_a_failed_check() -> None:
    problem = problem_with("a" * 60 + "b", matches="^(a|aa)+$")
    assert problem == "the pattern '^(a|aa)+$' found no end within 1 s: it backtracks"


def test_a_long_value_is_cut() -> None:
    problem = problem_with("x" * 10_000, equals="y" * 10_000)
    assert problem is not None
    assert problem.count("9502 more characters") == 2


def test_a_value_nested_too_deeply_is_no_crash() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    problem = problem_with(deep, each={"equals": [1]})
    assert problem == "the value is nested too deeply to compare"


def test_a_schema_may_be_a_file_beside_the_scenario(tmp_path: Path) -> None:
    from agentrig.checks import Output  # noqa: PLC0415  # as below
    from tests.support.judged import judged, written  # noqa: PLC0415  # only here with a folder

    (tmp_path / "parts.json").write_text('{"$defs": {"id": {"type": "string"}}}')
    (tmp_path / "answer.json").write_text(
        '{"properties": {"id": {"$ref": "parts.json#/$defs/id"}}}'
    )
    text = written({"jq": ".", "schema": "answer.json"})
    (held,), _ = judged(text, Output(data={"id": "a"}), folder=tmp_path)
    assert held.message is None
    (failed,), _ = judged(text, Output(data={"id": 1}), folder=tmp_path)
    assert failed.message is not None
    assert "at '.id': 1 is not of type \"string\"" in failed.message
