"""`${...}`: what it stands for, what keeps its type, and what is said of one that cannot be read."""

from __future__ import annotations

import asyncio
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.scenario import Names, RenderError
from agentrig.scenario._template import TemplateSyntaxError, compile_template, is_templated

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def names(**variables: Any) -> Names:
    made = Names(
        {"vars": variables, "matrix": {"model": "small", "sizes": [1, 2]}, "run": {"id": "r-1"}},
        env={"HOME": "/root"}.get,
        secret={"TOKEN": "s3cret"}.get,
    )
    made.captures["request_id"] = "abc"
    return made


def fill(value: Any, **variables: Any) -> Any:
    template = compile_template(value)
    assert template is not None
    return asyncio.run(template.render(names(**variables)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${prompt}", "hi"),
        ("say ${prompt}!", "say hi!"),
        ("${vars.prompt}", "hi"),
        ("${ prompt }", "hi"),
        ("${matrix.model}-${run.id}", "small-r-1"),
        ("${matrix.sizes[1]}", 2),
        ("${matrix.sizes.0}", 1),
        ("${matrix.sizes[-1]}", 2),
        ("${env.HOME}", "/root"),
        ("${secret.TOKEN}", "s3cret"),
        ("${request_id}", "abc"),
        ("${captures.request_id}", "abc"),
        ("${count}", 3),
        ("${flag}", True),
        ("${nothing}", None),
        ("${shape}", {"a": [1]}),
        ("n=${count} f=${flag} x=${nothing} s=${shape}", 'n=3 f=true x=null s={"a": [1]}'),
        ("${shape | .a}", [1]),
        ("${shape | .a[0] + 1}", 2),
        ("${prompt | ascii_upcase}", "HI"),
        ("${shape | {b: .a} | .b}", [1]),
        ('${prompt | "{\\(.)}"}', "{hi}"),
        ("${count | . + $count}", 6),
        ("${prompt | . == $matrix.model}", False),
        ("${missing_capture | . // 7}", 7),
        ("${env.NOT_SET | . == null}", True),
        ("$${prompt}", "${prompt}"),
        ("$${a} ${prompt} $${b}", "${a} hi ${b}"),
    ],
)
def test_what_an_expression_stands_for(text: str, value: Any) -> None:
    variables = {"prompt": "hi", "count": 3, "flag": True, "nothing": None, "shape": {"a": [1]}}
    filled = fill(text, **variables)
    assert filled == value
    assert type(filled) is type(value)


def test_it_is_found_at_any_depth_and_the_rest_is_kept() -> None:
    value = {"a": [{"b": "${x}"}, 1], "c": {"d": None}}
    assert fill(value, x=[1]) == {"a": [{"b": [1]}, 1], "c": {"d": None}}
    assert value["a"] == [{"b": "${x}"}, 1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("${request_id.x}", "'${request_id.x}': there is no 'x' in 'request_id', which is text"),
        ("${matrix.modle}", "there is no 'modle' in 'matrix' (did you mean 'model'?)"),
        ("${matrix.sizes[2]}", "there is no '2' in 'matrix.sizes', which is a list of 2"),
        ("${env.NOT_SET}", "the environment variable 'NOT_SET' is not set"),
        ("${secret.NOT_SET}", "the secret 'NOT_SET' is not set"),
        ("${not_yet}", "'not_yet' was not captured"),
        ("${request_id | error}", "'${request_id | error}': abc"),
        ("${request_id | 1, 2}", "the query yields more than one value"),
    ],
)
def test_what_cannot_be_filled_in_says_why(text: str, says: str) -> None:
    with pytest.raises(RenderError) as caught:
        fill(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message", "offset", "length"),
    [
        ("a ${", "'${' is not followed by a name", 2, 2),
        ("${}", "'${' is not followed by a name", 0, 3),
        ("${1}", "'${' is not followed by a name", 0, 4),
        ("${a", "the expression is not closed", 0, 3),
        ("${a b}", "the expression is not closed", 0, 5),
        ("${a | .b", "the expression is not closed", 0, 8),
        ("x ${a | [}", "no jq program behind '|'", 2, 8),
        ("${a | }", "no jq program behind '|'", 0, 7),
    ],
)
def test_what_is_no_expression_says_where(
    text: str, message: str, offset: int, length: int
) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template({"k": [text]})
    error = caught.value
    assert str(error).startswith(message)
    assert (error.within, error.offset, error.length) == (("k", 0), offset, length)


@given(JSON)
def test_whatever_a_name_stands_for_keeps_its_type(value: Any) -> None:
    assert fill("${x}", x=value) is value
    text = fill("<${x}>", x=value)
    inside = text[1:-1]
    assert inside == value if isinstance(value, str) else json.loads(inside) == value


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = None
    try:
        template = compile_template(text)
    except TemplateSyntaxError as error:
        refused = error
    if refused is None:
        assert (template is not None) == is_templated(text)
    else:
        assert text.startswith("${", refused.offset)
        assert 0 < refused.length <= len(text) - refused.offset


@given(
    st.lists(
        st.text(string.ascii_letters + " {}|$.", max_size=6).filter(lambda one: "$" not in one),
        min_size=1,
        max_size=5,
    ),
    st.text(),
)
def test_text_around_expressions_is_kept(texts: list[str], value: str) -> None:
    assert fill("${x}".join([*texts, ""]), x=value) == value.join([*texts, ""])
    escaped = "$${x}".join([*texts, ""])
    assert fill(escaped) == "${x}".join([*texts, ""])
