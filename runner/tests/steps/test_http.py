"""What the kind `http` sends, and what it makes of every kind of answer, on a real server."""

from __future__ import annotations

import json
import socket
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.events import CheckResult, Exchange, Outcome
from tests.support.bench import Bench
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.events import StepFinished


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("http")) as bench:
        yield bench


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


class Door:
    """Runs single steps against `server`."""

    def __init__(self, bench: Bench, server: ScriptedServer) -> None:
        self._bench = bench
        self.server = server

    def results(self, *steps: Mapping[str, Any]) -> list[StepFinished]:
        document = {"name": "x", "agent": "gymcoach", "steps": [dict(step) for step in steps]}
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        return self._bench.run(text, {"proxy": self.server.url})

    def failed(self, **step: Any) -> tuple[CheckResult, Exchange]:
        result = self.results(step)[-1]
        check = result.checks[-1]
        assert check.outcome is Outcome.FAILED, result
        assert result.exchange is not None
        return check, result.exchange

    def passes(self, **step: Any) -> None:
        for result in self.results(step):
            assert all(check.outcome is Outcome.PASSED for check in result.checks), result
            assert result.exchange is None, "what passed needs no evidence"


@pytest.fixture
def door(bench: Bench, server: ScriptedServer) -> Door:
    return Door(bench, server)


# What is sent.


def test_a_step_of_no_keys_is_a_get_of_the_root(door: Door) -> None:
    door.server.answers["/"] = answer()
    door.passes(expect={"status": 200})
    request = door.server.requests[0]
    assert (request.method, request.path, request.body) == ("GET", "/", b"")
    assert "content-type" not in request.headers
    assert request.headers["user-agent"].startswith("agentrig/")


def test_headers_go_out_as_written_and_case_does_not_double_them(door: Door) -> None:
    door.results(
        {
            "method": "post",
            "body": {},
            "headers": {
                "Content-TYPE": "application/vnd.x+json",
                "x-a": "1\t2",
                "User-Agent": "me",
            },
        }
    )
    request = door.server.requests[0]
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/vnd.x+json"
    assert request.headers["x-a"] == "1\t2"
    assert request.headers["user-agent"] == "me"


@pytest.mark.parametrize(
    "body", [{}, [], 0, False, "", "é漢\U0001f642", 2**70, {"a": [None, 1.0, {"b": "\n"}]}]
)
def test_a_body_is_sent_as_compact_json(door: Door, body: Any) -> None:
    door.results({"method": "POST", "body": body})
    request = door.server.requests[0]
    expected = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert request.body == expected
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(expected))


def test_a_null_body_is_none(door: Door) -> None:
    door.results({"method": "POST", "body": None})
    assert door.server.requests[0].body == b""
    assert "content-type" not in door.server.requests[0].headers


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a?b=c&d=e f", "/a?b=c&d=e%20f"),
        ("/é/漢", "/%C3%A9/%E6%BC%A2"),
        ("/a%2Fb", "/a%2Fb"),
        ("//double", "//double"),
        ("/a/", "/a/"),
        ("/a#fragment", "/a"),
        ("/a\\b", "/a%5Cb"),
        ("/a ", "/a%20"),
    ],
)
def test_a_path_arrives(door: Door, path: str, sent: str) -> None:
    door.results({"path": path})
    assert door.server.requests[0].path == sent


@pytest.mark.parametrize(
    ("endpoint", "path", "sent"),
    [
        ("", None, "/"),
        ("/", "/x", "/x"),
        ("/api", "/x", "/api/x"),
        ("/api/", "/x", "/api/x"),
        ("/api/", None, "/api/"),
        ("/api?key=1", None, "/api?key=1"),
    ],
)
def test_an_endpoint_may_be_a_url(door: Door, endpoint: str, path: str | None, sent: str) -> None:
    step = {"endpoint": door.server.url + endpoint}
    door.results(step if path is None else {**step, "path": path})
    assert door.server.requests[0].path == sent


def test_redirects_are_not_followed(door: Door) -> None:
    door.server.answers["/"] = answer(307, headers=[("location", "/elsewhere")])
    door.passes(expect={"status": 307, "headers_present": ["location"]})
    assert [request.path for request in door.server.requests] == ["/"]


def test_cookies_are_kept_within_a_scenario(door: Door) -> None:
    door.server.answers["/"] = answer(headers=[("set-cookie", "id=1")])
    door.results({"path": "/"}, {"path": "/", "cookies": {"more": "2"}})
    door.results({"path": "/"})
    sent = [request.headers.get("cookie") for request in door.server.requests]
    assert sent == [None, "id=1; more=2", None]


def test_a_connection_is_kept_and_one_that_was_closed_is_opened_again(door: Door) -> None:
    door.server.answers |= {"/": answer(), "/closing": answer(headers=[("connection", "close")])}
    door.server.closing.add("/closing")
    steps = [{"path": path, "expect": {"status": 200}} for path in ("/", "/closing", "/", "/")]
    results = door.results(*steps)
    assert len(results) == 4
    assert results[-1].checks[-1].outcome is Outcome.PASSED


# What comes.


@pytest.mark.parametrize(
    ("content_type", "raw", "text"),
    [
        ("text/plain; charset=iso-8859-1", b"\xe9", "é"),
        ('text/plain; format=flowed; CHARSET="UTF-16"', "é".encode("utf-16"), "é"),
        ("text/plain; xcharset=iso-8859-1", "é".encode(), "é"),
        ("text/plain; charset=", "é".encode(), "é"),
        # Codecs of Python's that are no charsets, or cannot go on behind what they cannot read.
        ("text/plain; charset=idna", "é".encode(), "é"),
        ("text/plain; charset=undefined", "é".encode(), "é"),
        ("text/plain; charset=hex", "é".encode(), "é"),
        ("text/plain; charset=unicode_escape", b"a\\ud800b", "a?b"),
        ("text/plain; charset=\x00", "é".encode(), None),
    ],
)
def test_a_body_is_text_whatever_its_charset(
    door: Door, content_type: str, raw: bytes, text: str | None
) -> None:
    door.server.answers["/"] = answer(headers=[("content-type", content_type)], body=raw)
    check, exchange = door.failed(expect={"body_contains": "not there"})
    if text is None:
        assert check.check == "response", "NUL is no header"
        return
    assert exchange.response_body == text
    door.passes(expect={"body_contains": text})


def deflated(data: bytes, wbits: int) -> bytes:
    deflater = zlib.compressobj(wbits=wbits)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", deflated(b'{"a": 1}', 31)),
        ("X-GZIP", deflated(b'{"a": 1}', 31)),
        ("deflate", deflated(b'{"a": 1}', 15)),
        ("deflate", deflated(b'{"a": 1}', -15)),
        ("deflate, gzip", deflated(deflated(b'{"a": 1}', 15), 31)),
        ("identity", b'{"a": 1}'),
    ],
)
def test_a_compressed_body_is_read(door: Door, coding: str, body: bytes) -> None:
    door.server.answers["/"] = answer(headers=[("content-encoding", coding)], body=body)
    door.passes(expect={"jq": ".a", "equals": 1, "headers_present": ["content-encoding"]})
    assert door.server.requests[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_body_that_is_not_compressed_as_it_says_is_the_agents_fault(door: Door) -> None:
    door.server.answers["/"] = answer(headers=[("content-encoding", "gzip")], body=b"plain")
    check, exchange = door.failed(name="Ask")
    assert check.message == ("[Ask] no whole response: its body is not gzip, as its headers say")
    assert (exchange.status, exchange.response_body) == (200, "plain"), "what came is shown"


def test_a_step_may_ask_for_no_compression(door: Door) -> None:
    door.results({"headers": {"Accept-Encoding": "identity"}})
    assert door.server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"no http\r\n\r\n", b"HTTP/1.1 2", b"\x16\x03\x01"])
def test_no_http_is_the_agents_fault(door: Door, raw: bytes) -> None:
    door.server.answers["/"] = raw
    door.server.closing.add("/")
    check, exchange = door.failed(name="Ask", expect={"status": 200})
    assert check.check == "response"
    assert (check.message or "").startswith("[Ask] no whole response: ")
    assert (exchange.status, exchange.response_body) == (None, None)
    assert check.at is not None
    assert check.at.text.strip() == "- name: Ask"


def test_a_body_that_ends_too_soon_is_the_agents_fault(door: Door) -> None:
    door.server.answers["/"] = answer(body=b"half", length=8)
    door.server.closing.add("/")
    check, _ = door.failed(expect={"status": 200})
    assert (check.message or "").startswith("[GET /] no whole response: ")


# What is not reached.


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("scheme", "host", "says"),
    [
        ("http", "127.0.0.1:{closed}", "onnection refused"),
        ("http", "no-such-host.invalid", ""),
        ("https", "127.0.0.1:{open}", ""),  # whose answer to TLS is 400
        ("http", "[::1]:{closed}", ""),
    ],
)
def test_what_cannot_be_reached_is_no_failed_check(
    door: Door, scheme: str, host: str, says: str
) -> None:
    door.server.answers["/"] = answer()
    host = host.format(closed=free_port(), open=door.server.port)
    (step,) = door.results(
        {"name": "Ask", "endpoint": f"{scheme}://{host}", "expect": {"status": 200}}
    )
    assert step.outcome is Outcome.ERROR
    said = step.message or ""
    assert said.startswith(f"[Ask] cannot reach {scheme}://{host} (via direct): ")
    assert says in said


def test_an_unreachable_target_does_not_show_its_password(door: Door) -> None:
    url = f"http://me:hunter2@127.0.0.1:{free_port()}/?api_key=hunter3"
    (step,) = door.results({"endpoint": url})
    assert step.outcome is Outcome.ERROR
    assert "hunter" not in (step.message or "")


# What is checked, and shown.


def test_checks_end_at_the_first_that_fails_in_agentspecs_order(door: Door) -> None:
    door.server.answers["/"] = answer(503, headers=[("x-a", "1")], body=b'{"a": 1}')
    expect: dict[str, Any] = {
        "body_contains": "nowhere",
        "contains": "7",
        "equals": 2,
        "jq": ".a",
        "not_null": True,
        "headers_present": ["x-b"],
        "headers_absent": ["x-c", "x-a"],
        "status": 200,
    }
    seen: list[list[str]] = []
    for mended in (None, "status", "headers_absent", "headers_present", "equals", "contains"):
        expect.pop(mended or "", None)
        result = door.results({"expect": expect})[0]
        seen.append([f"{check.check}: {check.outcome}" for check in result.checks])
    assert seen == [
        ["status: failed"],
        ["header x-c absent: passed", "header x-a absent: failed"],
        ["header x-b present: failed"],
        ["jq .a not_null: passed", "jq .a equals: failed"],
        ["jq .a not_null: passed", "jq .a contains: failed"],
        ["jq .a not_null: passed", "body_contains: failed"],
    ]


def test_a_failed_check_points_at_its_line(door: Door) -> None:
    door.server.answers["/"] = answer(body=b'{"a": 1}')
    expect = {"status": 200, "headers_absent": ["x-a", "content-length"]}
    check, _ = door.failed(expect=expect)
    assert check.at is not None
    assert check.at.text.strip() == "- content-length"
    check, _ = door.failed(expect={"jq": ".a", "equals": 2})
    assert check.at is not None
    assert check.at.text.strip() == "equals: 2"
    assert check.at.text[check.at.column - 1 :] == "2"


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"jq": ".a | keys"}, "path '.a | keys': number (1) has no keys"),
        ({"jq": ".[]"}, "path '.[]': the query yields more than one value: collect them with [ ]"),
        (
            {"jq": "empty", "not_null": True},
            "path 'empty': must not be null, got None",
        ),
        ({"jq": ".a", "contains": "x"}, "path '.a': expected to contain 'x', got 1"),
        ({"jq": ".a", "equals": "1"}, "path '.a': expected '1', got 1"),
        ({"body_contains": "x\ny"}, "body must contain 'x\\ny'"),
        ({"headers_present": ["X-Y"]}, "header 'X-Y' must be present but is absent"),
    ],
)
def test_messages(door: Door, expect: dict[str, Any], message: str) -> None:
    door.server.answers["/"] = answer(body=b'{"a": 1, "b": 2}')
    check, _ = door.failed(name="Ask", expect=expect)
    assert check.message == f"[Ask] {message}"


def test_a_step_without_a_name_is_called_by_its_request(door: Door) -> None:
    check, _ = door.failed(path="/a?token=hunter2&q=cats", method="put", expect={"status": 200})
    assert check.message == ("[PUT /a?token=[redacted]&q=cats] expected status 200, got 404")


def test_a_body_that_is_no_json_says_so(door: Door) -> None:
    for body in (b"<html>", b"", b"[" * 100_000, b'{"a": "\xff"}'):
        door.server.answers["/"] = answer(body=body)
        check, _ = door.failed(expect={"jq": ".a", "equals": None})
        assert (check.message or "").startswith("[GET /] path '.a': the body is not JSON: ")


def test_a_long_value_and_a_long_body_are_cut(door: Door) -> None:
    door.server.answers["/"] = answer(body=json.dumps({"a": "x" * 10_000}).encode())
    check, exchange = door.failed(
        method="POST", body={"b": "y" * 10_000}, expect={"jq": ".a", "equals": 1}
    )
    assert len(check.message or "") < 600
    assert len(exchange.response_body or "") < 4_100
    assert "more characters)" in (exchange.response_body or "")
    assert "more characters)" in (exchange.request_body or "")


def test_the_exchange_of_a_failure_hides_credentials(door: Door) -> None:
    door.server.answers["/?token=hunter1&q=cats"] = answer(
        500, headers=[("Set-Cookie", "sid=hunter2"), ("x-ok", "fine")], body=b"oh"
    )
    url = door.server.url.replace("://", "://me:hunter3@")
    _, exchange = door.failed(
        endpoint=url,
        path="/?token=hunter1&q=cats",
        method="POST",
        headers={"Authorization": "Bearer hunter4", "X-Api-Key": "hunter5", "x-fine": "yes"},
        body={"a": 1},
        expect={"status": 200},
    )
    assert "hunter" not in repr(exchange)
    assert "q=cats" in exchange.url
    assert dict(exchange.request_headers)["x-fine"] == "yes"
    assert dict(exchange.response_headers)["x-ok"] == "fine"
    assert (exchange.method, exchange.status, exchange.response_body) == ("POST", 500, "oh")
    assert exchange.request_body == '{"a":1}'
    # Hidden from the report, not from the agent.
    assert door.server.requests[0].headers["authorization"] == "Bearer hunter4"
