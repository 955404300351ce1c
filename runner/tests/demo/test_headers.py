from __future__ import annotations

import pytest

from agentrig.demo import headers
from agentrig.demo.audit import Report


@pytest.mark.parametrize("value", [b"a", b"demo-06.x:1_2", b"x" * 128])
def test_a_sane_request_id_is_kept(value: bytes) -> None:
    assert headers.request_id_of([(b"x-request-id", value)]) == value.decode()


@pytest.mark.parametrize(
    "value", [b"", b"a b", b"<script>", b"x" * 129, b"a\r\nb", b"\xff", b"a,b"]
)
def test_any_other_request_id_is_replaced(value: bytes) -> None:
    made = headers.request_id_of([(b"x-request-id", value)])
    assert len(made) == 32
    assert made != headers.request_id_of([(b"x-request-id", value)])


def test_two_request_ids_are_none() -> None:
    assert headers.request_id_of([(b"x-request-id", b"a"), (b"x-request-id", b"b")]) not in "ab"


def test_fields_of_one_hop_are_dropped() -> None:
    fields = [
        (b"Connection", b"close, X-Mine"),
        (b"connection", b"also"),
        (b"X-Mine", b"1"),
        (b"Also", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"TE", b"trailers"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Upgrade", b"h2c"),
        (b"Proxy-Authorization", b"secret"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
    ]
    assert headers.end_to_end(fields) == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_names_are_split_and_what_is_no_name_is_left_out() -> None:
    fields = [
        (b"x-agentspec-tools-called", b" a , b,,a, <b>, c d, \xff"),
        (b"x-agentspec-tools-called", b"e"),
    ]
    assert headers.names_in(fields, headers.TOOLS_CALLED) == ("a", "b", "e")
    many = [(headers.TOOLS_CALLED, b",".join(b"t%d" % n for n in range(1000)))]
    assert len(headers.names_in(many, headers.TOOLS_CALLED)) == 50


def test_no_reporting_header_is_no_report() -> None:
    assert headers.report_in([(b"content-type", b"x")]) is None
    assert headers.report_in([(b"x-agentspec-other", b"x")]) == Report(source="headers")


def test_a_report_is_read_from_the_headers() -> None:
    fields = [
        (headers.GUARDRAILS_INVOKED, b"g"),
        (headers.TOOLS_CALLED, b"t"),
        (headers.USER_CONFIRMED, b"true"),
    ]
    assert headers.report_in(fields) == Report(
        source="headers", guardrails=("g",), tools=("t",), user_confirmed=True
    )
