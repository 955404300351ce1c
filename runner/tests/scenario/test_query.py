"""Dotted paths, which never fail and keep numbers whole, and jq programs, which may do both."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.scenario import QueryError, QuerySyntaxError, compile_query

ISSUES = [{"rule": "pii", "severity": "high"}, {"rule": "cost", "severity": "low"}]


def evaluate(text: str, data: Any) -> Any:
    return asyncio.run(compile_query(text).evaluate(data))


DATA = {
    "issues": ISSUES,
    "score": 9007199254740993,
    "ratio": 1.0,
    "length": 3,
    "none": None,
    "content-type": "json",
    "$ref": "#/a",
    "a/b": 1,
    "é漢": 2,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Dotted paths.
        (".", DATA),
        (".issues[0].rule", "pii"),
        (".issues.[1].rule", "cost"),
        (".issues[-1].rule", "cost"),
        ("..issues[01]", ISSUES[1]),
        (".issues[2].rule", None),
        (".issues.rule", None),
        (".score", 9007199254740993),
        (".none.deeper[0]", None),
        (".content-type", "json"),
        (".content-type[0]", "j"),
        (".$ref", "#/a"),
        (".é漢", 2),
        # What jq refuses, as a key.
        (".a/b", 1),
        # A bare name is a key unless jq has a function of that name.
        ("score", 9007199254740993),
        ("issues[0].rule", "pii"),
        ("length", 9),
        # Programs.
        (".issues | length", 2),
        ('.issues | map(select(.severity == "high")) | length', 1),
        ("[.issues[].rule]", ["pii", "cost"]),
        ('."content-type"', "json"),
        (".issues[0:1]", [ISSUES[0]]),
        (".nowhere // 7", 7),
        ("{score: .ratio}", {"score": 1}),
        (".issues[] | select(.rule == 7)", None),
        ("empty", None),
        ("halt", None),
        ("# a comment\n.ratio", 1),
    ],
)
def test_the_value_of_a_query(text: str, value: Any) -> None:
    found = evaluate(text, DATA)
    assert found == value
    assert not isinstance(value, int) or found == int(found)


def test_numbers_keep_their_type_on_a_path_and_are_doubles_in_jq() -> None:
    assert repr(evaluate(".ratio", DATA)) == "1.0"
    assert repr(evaluate(".ratio | .", DATA)) in {"1", "1.0"}
    assert evaluate("[.score] | .[0] + 0", DATA) == 9007199254740992


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (".issues[]", "the query yields more than one value: collect them with [ ]"),
        (".issues | .rule", 'Cannot index array with string ("rule")'),
        (".score | keys", "number (9007199254740993) has no keys"),
        ('error("no luck")', "no luck"),
        ("error(null)", "null"),
        ("input", "break"),
        (".[", None),
    ],
)
def test_a_query_that_fails_says_why(text: str, says: str | None) -> None:
    if says is None:
        with pytest.raises(QuerySyntaxError):
            compile_query(text)
        return
    with pytest.raises(QueryError) as caught:
        evaluate(text, DATA)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "marked", "says", "hint"),
    [
        (".a | | b", "|", "syntax error, unexpected '|'", None),
        ('"漢é" | | b', "|", "syntax error, unexpected '|'", None),
        (".a\n| lenght\n", "lenght", "lenght/0 is not defined", "did you mean 'length'?"),
        (".a | tets(1)", "tets", "tets/1 is not defined", "did you mean 'test'?"),
        (".a | $x", "$x", "$x is not defined", None),
        ("$request_id", "$request_id", "$request_id is not defined", None),
        (". a", "a", "syntax error, unexpected end", None),
        ('.a == "b', "b", "syntax error, unexpected end in a text", None),
        (".a ! b", "!", "syntax error, unexpected character, expecting end", None),
        ('import "a" as a; .', None, "module not found: a", None),
    ],
)
def test_a_program_that_is_none_points_at_the_fault(
    text: str, marked: str | None, says: str, hint: str | None
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        compile_query(text)
    error = caught.value
    assert str(error).strip() == says
    assert error.hint == hint
    if marked is None:
        assert error.offset is None
    else:
        assert error.offset is not None
        assert text[error.offset :][: error.length] == marked


@given(text=st.text(max_size=12) | st.text(alphabet=".[]|(){}\"'\\$a1 #:,;-", max_size=12))
def test_any_text_is_a_query_or_a_syntax_error_within_it(text: str) -> None:
    error = problem_of(text)
    if isinstance(error, QuerySyntaxError):
        assert "\n" not in str(error)
        assert error.offset is None or 0 <= error.offset <= max(0, len(text) - 1)
    assert error is None or str(error)


def problem_of(text: str) -> QueryError | QuerySyntaxError | None:
    try:
        evaluate(text, {"a": [1, {"a": "text"}]})
    except (QueryError, QuerySyntaxError) as error:
        return error
    return None


NAMES = {"id": "r-1", "limit": 3, "deep": {"a": [1]}}


@pytest.mark.parametrize(
    ("text", "value", "names"),
    [
        (".requestId == $id", True, {"id"}),
        ('"\\($id)/\\(.requestId)"', "r-1/r-1", {"id"}),
        ("$deep.a[0] + $limit", 4, {"deep", "limit"}),
        (".requestId as $x | $x == $id", True, {"id"}),
        ("def f($limit): $limit + 1; f(1)", 2, set()),
        ("[.requestId, $id] | unique | length # $nothing", 1, {"id"}),
        ("$id # goes on \\", "r-1", {"id"}),
        ('"$id"', "$id", set()),
        (".requestId", "r-1", set()),
        ("reduce range($limit) as $i (0; . + $i)", 3, {"limit"}),
    ],
)
def test_a_program_reads_variables(text: str, value: Any, names: set[str]) -> None:
    query = compile_query(text, frozenset(NAMES))
    assert query.names == names
    assert asyncio.run(query.evaluate({"requestId": "r-1"}, NAMES)) == value


def test_an_unknown_variable_points_at_itself_and_suggests_another() -> None:
    text = '"é" == $limit and .a == $ids'
    with pytest.raises(QuerySyntaxError, match=r"^\$ids is not defined$") as caught:
        compile_query(text, frozenset(NAMES))
    assert text[caught.value.offset :] == "$ids"
    assert caught.value.hint == "did you mean '$id'?"
    with pytest.raises(QuerySyntaxError) as caught:
        compile_query("$nothing_like_it", frozenset(NAMES))
    assert caught.value.hint == "known here: $deep, $id, $limit"


def test_other_mistakes_are_found_beside_variables() -> None:
    with pytest.raises(QuerySyntaxError, match="lenght/0 is not defined") as caught:
        compile_query("$id | lenght", frozenset(NAMES))
    assert caught.value.offset == 6


def test_a_variable_without_a_value_is_named() -> None:
    query = compile_query("$id + $later", names=None)
    with pytest.raises(QueryError, match=r"^\$later has no value$"):
        asyncio.run(query.evaluate(None, {"id": 1}))


@pytest.mark.parametrize("value", [{1, 2}, b"x", object()])
def test_a_value_that_is_no_json_is_no_crash(value: Any) -> None:
    with pytest.raises(QueryError, match="the value is no JSON: "):
        evaluate("length", value)
