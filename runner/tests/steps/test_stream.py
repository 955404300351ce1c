"""The kind `stream`: events as they come, what is checked of them, and every way a stream ends."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.events import Outcome, StepFinished
from tests.support.bench import Bench
from tests.support.raw_server import Conversation, raw_server
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = (
    b"event: start\nid: 1\ndata: {}\n\n"
    b'event: token\ndata: {"text": "Mon"}\n\n'
    b": a comment\n\n"
    b'event: token\ndata: {"text": "day"}\n\n'
    b"data: [DONE]\n\n"
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("stream")) as bench:
        yield bench


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


class Door:
    """Runs single steps against `server`, whose `/` streams EVENTS."""

    def __init__(self, bench: Bench, server: ScriptedServer) -> None:
        self._bench = bench
        self.server = server
        self.streams(EVENTS)

    def streams(self, body: bytes, **headers: str) -> None:
        more = [(name.replace("_", "-"), value) for name, value in headers.items()]
        kind = [] if "content_type" in headers else [("content-type", "text/event-stream")]
        self.server.answers["/"] = answer(headers=[*kind, *more], body=body)

    def run(self, *, stream: Any = True, url: str | None = None, **keys: Any) -> StepFinished:
        step = {"name": "Ask", "stream": stream, **keys}
        text = yaml.safe_dump({"name": "x", "steps": [step]}, sort_keys=False, allow_unicode=True)
        (finished,) = self._bench.run(text, {"proxy": url or self.server.url})
        return finished

    def passes(self, **keys: Any) -> None:
        finished = self.run(**keys)
        assert finished.outcome is Outcome.PASSED, finished.message

    def fails(self, **keys: Any) -> str:
        finished = self.run(**keys)
        assert finished.outcome is Outcome.FAILED, finished.message
        return (finished.message or "").removeprefix("[Ask] ")


@pytest.fixture
def door(bench: Bench, server: ScriptedServer) -> Door:
    return Door(bench, server)


def test_a_stream_is_read_to_its_end(door: Door) -> None:
    expected = {
        "events": [
            {"event": "start", "data": {}, "id": "1"},
            {"event": "token", "data": {"text": "Mon"}, "id": "1"},
            {"event": "token", "data": {"text": "day"}, "id": "1"},
            {"event": "message", "data": "[DONE]", "id": "1"},
        ],
        "count": 4,
        "ended_by": "end",
    }
    door.passes(
        method="POST",
        body={"message": "Hi"},
        expect={
            "status": 200,
            "headers_present": ["content-type"],
            "jq": ".count",
            "equals": 4,
            "body_contains": ": a comment",
            "checks": [
                {"jq": "del(.first_event_ms)", "equals": expected},
                {"jq": ".first_event_ms", "between": [0, 60_000]},
                {"elapsed_ms": {"gt": 0}},
                {"header": "content-type", "contains": "event-stream"},
            ],
        },
    )
    request = door.server.requests[0]
    assert (request.method, request.body) == ("POST", b'{"message":"Hi"}')
    assert request.headers["accept"] == "text/event-stream"


def test_the_keys_of_http_are_there_too(door: Door) -> None:
    door.server.answers["/b?q=1"] = door.server.answers["/"]
    door.server.answers["/a"] = answer(302, headers=[("location", "/b?q=1")])
    door.passes(
        path="/a",
        redirects=1,
        headers={"Accept": "text/x"},
        auth={"bearer": "abc"},
        expect={"status": 200, "exact": ["start", "token", "token", "[DONE]"]},
    )
    assert door.server.requests[1].headers["authorization"] == "Bearer abc"
    assert door.server.requests[1].headers["accept"] == "text/x"


def test_parts_of_a_stream_are_captured(bench: Bench, door: Door) -> None:
    text = """
name: x
steps:
  - stream: true
    capture:
      answer: {jq: '[.events[].data.text?] | add'}
      tokens: {jq: '[.events[] | select(.event == "token")]'}
  - path: /second
    query: {answer: "${answer}", last: "${tokens | last | .data.text}"}
"""
    bench.run(text, {"proxy": door.server.url})
    assert door.server.requests[1].path == "/second?answer=Monday&last=day"


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"sequence": ["start", "token", "[DONE]"]}, None),
        ({"sequence": ["token", {"jq": ".data.text", "equals": "day"}]}, None),
        (
            {"sequence": ["start", "start"]},
            "no event 'start' after 'start', event 1: there came start, token x2, message",
        ),
        (
            {"sequence": ["[DONE]", "token"]},
            "no event 'token' after '[DONE]', event 4: there came start, token x2, message",
        ),
        (
            {"sequence": [{"jq": ".data.text", "matches": "^Tue"}]},
            "no event path '.data.text' (matches: '^Tue'): there came start, token x2, message",
        ),
        ({"exact": ["start", "token", "token", "message"]}, None),
        (
            {"exact": ["start", "token", "token"]},
            "3 events were expected, there came start, token x2, message",
        ),
        ({"exact": []}, "0 events were expected, there came start, token x2, message"),
        (
            {"exact": ["start", "token", "end", "x"]},
            "event 3 is not 'end': there came start, token x2, message",
        ),
        (
            {"exact": ["start", "token", "token", "message", "end"]},
            "the stream ended before 'end', event 5: start, token x2, message",
        ),
        ({"never": ["error", {"jq": ".data.error?", "exists": True}]}, None),
        ({"never": ["error", "token"]}, "event 2 must not come: 'token'"),
        (
            {
                "each_event": [
                    {"jq": ".id", "equals": "1"},
                    {"jq": ".event", "one_of": ["start", "token", "message"]},
                ]
            },
            None,
        ),
        (
            {
                "each_event": [
                    {"jq": ".event", "not_equals": "x"},
                    {"jq": ".data", "type": "object"},
                ]
            },
            "event 4 of 4: path '.data': expected a value of type object, got text",
        ),
        ({"jq": ".count", "equals": 5}, "path '.count': expected 5, got 4"),
        (
            {"checks": [{"jq": ".ended_by", "equals": "until"}]},
            'path \'.ended_by\': expected "until", got "end"',
        ),
    ],
)
def test_checks_of_events(door: Door, expect: dict[str, Any], message: str | None) -> None:
    if message is None:
        door.passes(expect=expect)
    else:
        assert door.fails(expect=expect) == message


def test_a_failed_check_points_at_its_line(door: Door) -> None:
    for expect, line in (
        ({"sequence": ["start", "nothing"]}, "- nothing"),
        ({"each_event": [{"jq": ".id", "equals": "2"}]}, "equals: '2'"),
        ({"never": ["error", "token"]}, "- token"),
        ({"exact": ["start", "nothing"]}, "- nothing"),
        ({"status": 201}, "status: 201"),
    ):
        check = door.run(expect=expect).checks[-1]
        assert check.at is not None
        assert check.at.text.strip() == line


def test_checks_end_at_the_first_that_fails(door: Door) -> None:
    expect = {
        "status": 200,
        "each_event": [{"jq": ".id", "equals": "1"}],
        "sequence": ["start"],
        "exact": ["start"],
        "never": ["token"],
        "jq": ".count",
        "equals": 0,
    }
    checks = [f"{one.check}: {one.outcome}" for one in door.run(expect=expect).checks]
    assert checks == [
        "status: passed",
        "each event: jq .id equals: passed",
        "sequence: passed",
        "exact: failed",
    ]


def test_a_check_on_each_event_needs_an_event(door: Door) -> None:
    door.streams(b": nothing\n\n")
    expect = {"each_event": [{"jq": ".id", "equals": "1"}]}
    assert door.fails(expect=expect) == "there is no event to check"


def test_a_stream_without_end_is_read_until_the_event_asked_for(door: Door) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD + EVENTS)
        talk.wait_for_end()

    for until, count in (
        ("[DONE]", 4),
        ("token", 2),
        ({"jq": ".data.text?", "equals": "day"}, 3),
    ):
        with raw_server(play) as server:
            expect = {"checks": [{"jq": "[.count, .ended_by]", "equals": [count, "until"]}]}
            door.passes(stream={"until": until}, url=server.url, expect=expect)
            assert server.left.wait(10), "its connection is closed"


def test_an_until_that_never_holds_fails(door: Door) -> None:
    said = door.fails(stream={"until": "end"})
    assert said == "the stream ended before 'until' held, after 4 events"
    said = door.fails(stream={"until": "end", "max_events": 2})
    assert said == "'until' did not hold within 2 events, 'max_events'"


def test_so_many_events_are_enough(door: Door) -> None:
    expect = {"checks": [{"jq": "[.count, .ended_by]", "equals": [3, "max_events"]}]}
    door.passes(stream={"max_events": 3}, expect=expect)


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ("end", "no event for 200 ms, after 1 event"),
        (None, "no event for 200 ms, after 1 event"),
    ],
)
def test_silence_ends_a_stream_and_comments_do_not_break_it(
    door: Door, until: str | None, message: str
) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD + b"data: 1\n\n")
        while True:
            talk.say(b": ping\n\n")
            talk.pause(0.05)

    keys: dict[str, Any] = {"idle_timeout": "200ms", **({"until": until} if until else {})}
    with raw_server(play) as server:
        assert door.fails(stream=keys, url=server.url) == message


def test_a_slow_stream_is_not_silent(door: Door) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD)
        for _ in range(4):
            talk.pause(0.4)
            talk.say(b"data: 1\n\n")

    with raw_server(play) as server:
        expect = {
            "checks": [
                {"jq": ".count", "equals": 4},
                {"jq": ".first_event_ms", "between": [390, 20_000]},
                {"elapsed_ms": {"ge": 1590}},
            ]
        }
        door.passes(stream={"idle_timeout": "1500ms"}, url=server.url, expect=expect)


# What is no stream.


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (
            200,
            "text/html",
            "expected a stream of events, got the content type 'text/html', not 'text/event-stream'",
        ),
        (
            200,
            None,
            "expected a stream of events, got the content type none, not 'text/event-stream'",
        ),
        (503, "text/event-stream", "expected a stream of events, got status 503"),
        (302, "text/html", "expected a stream of events, got status 302"),
    ],
)
def test_what_is_no_stream(door: Door, status: int, kind: str | None, message: str) -> None:
    headers = [("content-type", kind)] if kind else []
    door.server.answers["/"] = answer(status, headers=headers, body=b"<h1>Busy</h1>")
    finished = door.run()
    assert finished.message == f"[Ask] {message}"
    assert finished.exchange is not None
    assert (finished.exchange.status, finished.exchange.response_body) == (status, "<h1>Busy</h1>")


def test_a_refusal_that_is_expected_is_a_response_like_any_other(door: Door) -> None:
    door.server.answers["/"] = answer(401, body=b'{"error": "who?"}')
    door.passes(expect={"status": 401, "checks": [{"jq": ".error", "equals": "who?"}]})
    assert door.fails(expect={"status": 200}) == "expected status 200, got 401"
    assert door.fails(expect={"status": 401, "sequence": ["x"]}) == "no event 'x': there came none"


# Faults.


@pytest.mark.parametrize("end", ["close", "reset", "hang"])
@pytest.mark.parametrize("begun", [True, False])
def test_a_stream_that_breaks_tells_how_far_it_came(door: Door, end: str, *, begun: bool) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        if begun:
            head = HEAD.replace(b"\r\n\r\n", b"\r\ntransfer-encoding: chunked\r\n\r\n")
            talk.say(head + b"%x\r\n%s\r\n" % (len(EVENTS), EVENTS))
        if end == "reset":
            talk.pause(0.05)
            talk.reset()
        elif end == "hang":
            talk.wait_for_end()

    with raw_server(play) as server:
        finished = door.run(url=server.url, timeout="400ms")
    assert finished.outcome is Outcome.FAILED
    assert finished.exchange is not None
    said = finished.message or ""
    if not begun:
        assert said.startswith(("[Ask] no whole response: ", "[Ask] no response within 400 ms"))
        assert finished.exchange.status is None
        return
    assert said.endswith(", after 4 events")
    if end == "hang":
        assert said == "[Ask] the stream did not end within 400 ms, after 4 events"
    else:
        assert said.startswith("[Ask] no whole response: ")
    assert finished.exchange.response_body == (
        "id: 1\nevent: start\ndata: {}\n\n"
        'id: 1\nevent: token\ndata: {"text": "Mon"}\n\n'
        'id: 1\nevent: token\ndata: {"text": "day"}\n\n'
        "id: 1\ndata: [DONE]"
    )


def test_an_endless_stream_ends(door: Door) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD)
        while True:
            talk.say(b"data: 1\n\n" * 1000)

    with raw_server(play) as server:
        said = door.fails(url=server.url)
        assert said == "the stream did not end within 100000 events"
        finished = door.run(url=server.url, max_body="64KiB")
    said = finished.message or ""
    assert said.startswith(
        "[Ask] the response's body is larger than 64 KiB, its limit ('max_body')"
    )
    assert "events" in said
    assert finished.exchange is not None
    shown = finished.exchange.response_body or ""
    assert shown.startswith("(the last 20 of ")
    assert shown.count("data: 1") == 20


def test_a_line_without_end_ends(door: Door) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD + b"data: ")
        while True:
            talk.say(b"x" * 65536)

    with raw_server(play) as server:
        said = door.fails(url=server.url, max_body="1MiB")
    assert said == (
        "the response's body is larger than 1 MiB, its limit ('max_body'), after 0 events"
    )


def test_a_compressed_stream_is_read_as_it_comes(door: Door) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        deflater = zlib.compressobj(wbits=31)
        packed = deflater.compress(EVENTS) + deflater.flush(zlib.Z_SYNC_FLUSH)
        talk.say(HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"))
        for byte in packed:
            talk.say(bytes([byte]))
        talk.wait_for_end()

    with raw_server(play) as server:
        door.passes(stream={"until": "[DONE]"}, url=server.url)


def test_bytes_that_are_no_text_are_replaced(door: Door) -> None:
    door.streams(b"data: \xff\xfe\n\n")
    expect = {"checks": [{"jq": ".events[0].data", "equals": "\ufffd\ufffd"}]}
    door.passes(expect=expect)


def test_nobody_there_is_no_verdict_on_the_agent(door: Door) -> None:
    finished = door.run(url="http://127.0.0.1:9")
    assert finished.outcome is Outcome.ERROR
    assert "cannot reach 'proxy' at http://127.0.0.1:9" in (finished.message or "")


def test_a_late_token_is_not_the_agents_silence(door: Door) -> None:
    def play(talk: Conversation) -> None:
        while talk.request():
            talk.pause(0.4)
            talk.say(answer(body=b'{"access_token": "t1"}'))

    with raw_server(play) as issuer:
        settings = {"token_url": issuer.url, "client_id": "me", "client_secret": "x"}
        door.passes(stream={"idle_timeout": "300ms"}, auth={"oauth2": settings})
    assert door.server.requests[0].headers["authorization"] == "Bearer t1"


def test_a_refused_token_is_renewed_once(door: Door) -> None:
    asked: list[bytes] = []

    def play(talk: Conversation) -> None:
        while request := talk.request():
            asked.append(request.split()[1])
            if asked[-1] == b"/token":
                talk.say(answer(body=b'{"access_token": "t%d"}' % asked.count(b"/token")))
            elif b"Bearer t2" in request:
                talk.say(answer(headers=[("content-type", "text/event-stream")], body=EVENTS))
            else:
                talk.say(answer(401))

    with raw_server(play) as server:
        url = f"{server.url}/token"
        settings = {"token_url": url, "client_id": "me", "client_secret": "x"}
        door.passes(url=server.url, auth={"oauth2": settings}, expect={"sequence": ["start"]})
    assert asked == [b"/token", b"/", b"/token", b"/"]
