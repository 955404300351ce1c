"""Codings are undone alike however the bytes are cut, and never past the limit."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.steps._inflate import InflateError, inflater_for

WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "deflate, but raw": -15}
DATA = st.one_of(st.binary(max_size=200), st.binary(max_size=20).map(lambda one: one * 50))


def packed(data: bytes, coding: str) -> bytes:
    deflater = zlib.compressobj(wbits=WBITS[coding])
    return deflater.compress(data) + deflater.flush()


def inflated(raw: bytes, cuts: list[int], coding: str, limit: int = 1 << 20) -> bytes:
    inflater = inflater_for([("content-encoding", coding.removesuffix(", but raw"))], limit)
    assert inflater is not None
    ends = zip([0, *cuts], [*cuts, len(raw)], strict=True)
    found = b"".join(inflater.feed(raw[begin:end]) for begin, end in ends)
    inflater.finish()
    return found


def cut(data: st.DataObject, raw: bytes) -> list[int]:
    return sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=20)))


@given(body=DATA, coding=st.sampled_from(sorted(WBITS)), data=st.data())
def test_any_cut_gives_the_same_bytes(body: bytes, coding: str, data: st.DataObject) -> None:
    raw = packed(body, coding)
    assert inflated(raw, cut(data, raw), coding) == body
    assert inflated(raw, list(range(1, len(raw))), coding) == body


@given(body=DATA, data=st.data())
def test_codings_one_upon_the_other(body: bytes, data: st.DataObject) -> None:
    raw = packed(packed(body, "deflate"), "gzip")
    assert inflated(raw, cut(data, raw), "deflate, gzip") == body


@given(body=DATA, limit=st.integers(0, 300), coding=st.sampled_from(sorted(WBITS)), data=st.data())
def test_one_byte_more_than_the_limit_is_given_at_most(
    body: bytes, limit: int, coding: str, data: st.DataObject
) -> None:
    raw = packed(body, coding)
    assert inflated(raw, cut(data, raw), coding, limit) == body[: limit + 1]


@given(raw=st.binary(min_size=1, max_size=60), coding=st.sampled_from(["gzip", "deflate"]))
def test_what_is_not_coded_so_is_refused_or_read(raw: bytes, coding: str) -> None:
    problem = coding
    try:
        inflated(raw, [], coding)
    except InflateError as error:
        problem = str(error)
    assert coding in problem


@pytest.mark.parametrize("coding", ["", "identity", "br", "zstd", "unknown"])
def test_other_codings_are_left_as_they_are(coding: str) -> None:
    assert inflater_for([("content-encoding", coding)], 10) is None
