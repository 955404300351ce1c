"""Server-sent events, by the HTML standard's own rules and examples, however they are cut."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.steps._sse import SseEvent, SseParser


def events(*chunks: bytes) -> list[tuple[str, str, str]]:
    parser = SseParser()
    found = [event for chunk in chunks for event in parser.feed(chunk)]
    return [(one.event, one.data, one.id) for one in found]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # The examples of 9.2.6.
        (
            b"data: YHOO\ndata: +2\ndata: 10\n\n",
            [("message", "YHOO\n+2\n10", "")],
        ),
        (
            b": test stream\n\ndata: first event\nid: 1\n\n"  # noqa: ISC004  # one stream
            b"data:second event\nid\n\ndata:  third event\n\n",
            [
                ("message", "first event", "1"),
                ("message", "second event", ""),
                ("message", " third event", ""),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [("message", "", ""), ("message", "\n", "")]),
        (b"data:test\n\ndata: test\n\n", [("message", "test", "")] * 2),
        # Each line end, and all of them.
        (b"data: a\r\n\r\n", [("message", "a", "")]),
        (b"data: a\r\r", [("message", "a", "")]),
        (b"data: a\r\ndata: b\r\n\r\n", [("message", "a\nb", "")]),
        (
            b"data: a\rdata: b\ndata: c\r\n\rdata: d\n\n",
            [("message", "a\nb\nc", ""), ("message", "d", "")],
        ),
        # Nothing else ends a line.
        (
            "data: a\u2028b\x0bc\x0cd\x85e\n\n".encode(),
            [("message", "a\u2028b\x0bc\x0cd\x85e", "")],
        ),
        # One byte order mark, at the begin alone.
        (codecs.BOM_UTF8 + b"data: a\n\n", [("message", "a", "")]),
        (codecs.BOM_UTF8 * 2 + b"data: a\n\n", []),
        (b"data: a\n\n" + codecs.BOM_UTF8 + b"data: b\n\n", [("message", "a", "")]),
        # The type is for one event, the id for all that follow.
        (
            b"event: add\nid: 7\ndata: 1\n\ndata: 2\n\nid:\ndata: 3\n\n",
            [("add", "1", "7"), ("message", "2", "7"), ("message", "3", "")],
        ),
        (b"event: a\nevent: b\ndata: 1\n\n", [("b", "1", "")]),
        (b"event:\ndata: 1\n\n", [("message", "1", "")]),
        (b"id: 1\0\ndata: 1\n\n", [("message", "1", "")]),
        # An event without data is none, but its id counts.
        (b"event: a\nid: 3\n\ndata: 1\n\n", [("message", "1", "3")]),
        # Unknown fields, comments, and cases are passed over.
        (b":\n: x\nfoo: 1\nDATA: 2\n data: 3\ndata : 4\n\n", []),
        # What is not ended is dropped.
        (b"data: a\n", []),
        (b"data: a\n\ndata: b", [("message", "a", "")]),
        # What is no UTF-8 is replaced.
        (b"data: a\xff\xc3(\n\n", [("message", "a\ufffd\ufffd(", "")]),
        (b"", []),
        (b"\n\n\r\r\n", []),
    ],
)
def test_streams(stream: bytes, expected: list[tuple[str, str, str]]) -> None:
    assert events(stream) == expected
    assert events(*(stream[index : index + 1] for index in range(len(stream)))) == expected


def test_an_event_is_given_as_soon_as_its_last_line_ends() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\r\n") == []
    assert parser.feed(b"\r") == [SseEvent("message", "a", "")]
    assert parser.feed(b"\ndata: b\n\n") == [SseEvent("message", "b", "")]


@pytest.mark.parametrize(
    ("value", "retry_ms"),
    [
        (b"10", 10),
        (b" 10", 10),
        (b"", None),
        (b"1 ", None),
        (b"-1", None),
        (b"1.5", None),
        ("\u0661".encode(), None),
        (b"9" * 5000, 10**18 - 1),
    ],
)
def test_a_retry_has_digits_alone(value: bytes, retry_ms: int | None) -> None:
    parser = SseParser()
    assert parser.feed(b"retry:" + value + b"\n") == []
    assert parser.retry_ms == retry_ms


def reference(stream: bytes) -> list[tuple[str, str, str]]:
    """Read a whole stream in the plainest way that the standard's words allow."""
    text = stream.decode("utf-8", errors="replace").removeprefix("\ufeff")
    found, data, kind, last = [], "", "", ""
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        if line == "":
            if data != "":
                found.append((kind or "message", data[:-1], last))
            data = kind = ""
            continue
        field, value = line, ""
        if ":" in line:
            field, value = line[: line.index(":")], line[line.index(":") + 1 :]
            value = value.removeprefix(" ")
        if field == "data":
            data += value + "\n"
        elif field == "event":
            kind = value
        elif field == "id" and "\0" not in value:
            last = value
    return found


PIECES = st.sampled_from(
    [
        *(
            b"data",
            b"data: a\r\n",
            b"data: b\r",
            b"data:",
            b"event:",
            b"id:",
            b"id: \0",
            b"retry: 1",
            b":",
            b" ",
            b"a",
        ),
        *(
            b"\n",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            codecs.BOM_UTF8,
            "é漢\U0001f642".encode(),
            b"\xff",
        ),
    ]
)
STREAMS = st.one_of(st.lists(PIECES, max_size=60).map(b"".join), st.binary(max_size=60))


@given(stream=STREAMS, data=st.data())
def test_any_cut_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert events(*chunks) == events(stream) == reference(stream)
    assert events(*(bytes([byte]) for byte in stream)) == events(stream)
