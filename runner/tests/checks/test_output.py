"""What a step gave: parsed when it is asked for, and only once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.checks import NO_DATA, NotJsonError, Output


def read(body: bytes) -> Any:
    """Give the data, or the class of error that json.loads has."""
    try:
        return Output(body=body).data
    except NotJsonError:
        return NotJsonError


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9007199254740993", 9007199254740993),
        (b"1" * 4000, int("1" * 4000)),
        (b"1.0", 1.0),
        (b"null", None),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('"é"'.encode("utf-16"), "é"),
        (b'"\\ud800"', "\ud800"),
        (b"[" * 500 + b"]" * 500, json.loads("[" * 500 + "]" * 500)),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_data_is_what_json_loads_reads(body: bytes, value: Any) -> None:
    found = read(body)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("body", [b"", b" ", b"<html>", b"[1,]", b"\xff", b"[" * 100_000, b"01"])
def test_what_is_no_json_says_so_every_time(body: bytes) -> None:
    output = Output(body=body)
    for _ in range(2):
        with pytest.raises(NotJsonError, match=r".+"):
            _ = output.data


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_comes_back(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert repr(read(text.encode("utf-8", errors="surrogatepass"))) == repr(value)


@given(body=st.binary(max_size=20))
def test_any_bytes_have_a_text_and_maybe_data(body: bytes) -> None:
    Output(body=body).text.encode()
    try:
        expected = json.loads(body)
    except (ValueError, RecursionError):
        expected = NotJsonError
    assert repr(read(body)) == repr(expected)


def test_data_is_parsed_once_and_null_is_a_value() -> None:
    output = Output(body=b'{"a": [1]}')
    assert output.data is output.data
    assert Output(data=None, body=b"5").data is None
    assert Output(data=NO_DATA, body=b"5").data == 5


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"data": "plain"}, "plain"),
        ({"data": {"a": "é"}}, '{"a": "é"}'),
        ({"data": {"a": 1}, "body": b"raw"}, "raw"),
        ({"data": {"a": 1}, "text": "said"}, "said"),
        ({"body": b"\xe9", "headers": (("content-type", "text/plain; charset=latin-1"),)}, "é"),
        ({"body": b"\xe9"}, "\ufffd"),
        ({"data": "\ud800"}, "?"),
        ({}, ""),
    ],
)
def test_the_text_of_an_output(given: dict[str, Any], text: str) -> None:
    assert Output(**given).text == text


def test_text_alone_is_json_where_it_is() -> None:
    assert Output(text='{"a": 1}').data == {"a": 1}


def test_headers_and_cookies_by_name() -> None:
    headers = (
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", " b = x=y ;Secure"),
        ("set-cookie", "a=2"),
        ("set-cookie", "nonsense"),
        ("set-cookie", "=nameless"),
        ("x-a", "1"),
        ("x-a", "2"),
    )
    output = Output(headers=headers)
    assert output.cookies == {"a": "2", "b": "x=y"}
    assert output.header("X-A") == "1, 2"
    assert output.header("x-b") is None
    assert Output(headers=headers, cookies={"c": "3"}).cookies == {"c": "3"}
