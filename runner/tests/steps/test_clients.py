"""What the HTTP clients send, follow, read and refuse, on real servers."""

from __future__ import annotations

import asyncio
import socket
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import TargetError
from agentrig.steps import Clients, CookieJar, Form, NoAnswerError, Part, Request, _clients
from tests.support.raw_server import Conversation, raw_server
from tests.support.scripted_server import ScriptedServer, answer, scripted_server
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def redirect(location: str, status: int = 302) -> bytes:
    return answer(status, headers=[("location", location)])


def refused(web: Web, url: str, **more: Any) -> NoAnswerError:
    with pytest.raises(NoAnswerError) as caught:
        web.send(url, **more)
    return caught.value


# Connections.


def test_connections_are_shared_by_requests_one_after_the_other(web: Web) -> None:
    def play(talk: Conversation) -> None:
        while talk.request():
            talk.say(answer())

    with raw_server(play) as server:
        for timeout_s in (60.0, 59.5, 33.0):
            web.send(server.url, timeout_s=timeout_s)
        assert server.connections == 1
        assert len(server.requests) == 3


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its server may close it at the moment at which the next request is sent."""
    monkeypatch.setattr(_clients, "_IDLE_S", 0.05)

    def play(talk: Conversation) -> None:
        while talk.request():
            talk.say(answer())

    with raw_server(play) as server, Web() as web:
        web.send(server.url)
        web.run(asyncio.sleep(0.2))
        web.send(server.url)
        assert server.connections == 2


def test_clients_outside_of_their_context_are_refused() -> None:
    async def use() -> None:
        await Clients().send(Request(method="GET", url="http://127.0.0.1:9"))

    with pytest.raises(RuntimeError, match="outside"):
        asyncio.run(use())


def test_a_cancelled_request_leaves_the_others_whole_and_ends_with_its_time(web: Web) -> None:
    def play(talk: Conversation) -> None:
        while request := talk.request():
            if request.startswith(b"GET /slow"):
                talk.wait_for_end()
                return
            talk.say(answer(body=b"ok"))

    with raw_server(play) as server:

        async def both() -> None:
            slow = Request(method="GET", url=f"{server.url}/slow", timeout_s=2)
            task = asyncio.create_task(web.clients.send(slow))
            while not server.requests:  # noqa: ASYNC110  # another thread appends them
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(3):
                response = await web.clients.send(Request(method="GET", url=server.url))
                assert response.body == b"ok"

        web.run(both())
        assert server.left.wait(10)


# Redirects.


def test_redirects_are_followed_when_asked_to_and_tell_their_way(
    web: Web, server: ScriptedServer
) -> None:
    server.answers |= {
        "/a": redirect("/b", 301),
        "/b": redirect("c?d=1", 307),
        "/c?d=1": answer(body=b"there"),
    }
    assert web.send(f"{server.url}/a").status == 301
    response = web.send(f"{server.url}/a", redirects=2)
    assert (response.status, response.body, response.url) == (
        200,
        b"there",
        f"{server.url}/c?d=1",
    )
    assert [str(hop) for hop in response.hops] == [
        f"301 → {server.url}/b",
        f"307 → {server.url}/c?d=1",
    ]


@pytest.mark.parametrize(
    ("status", "method", "after", "keeps_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (303, "HEAD", "HEAD", False),
        (301, "PUT", "PUT", True),
        (307, "POST", "POST", True),
        (308, "POST", "POST", True),
        (302, "GET", "GET", False),
    ],
)
def test_a_redirect_changes_the_method_as_browsers_do(
    web: Web, server: ScriptedServer, status: int, method: str, after: str, *, keeps_body: bool
) -> None:
    server.answers |= {"/a": redirect("/b", status), "/b": answer()}
    sends_body = method not in {"GET", "HEAD"}
    web.send(
        f"{server.url}/a",
        method=method,
        headers=[("content-type", "text/x"), ("authorization", "mine"), ("x-a", "1")],
        body=b"body" if sends_body else None,
        redirects=1,
    )
    request = server.requests[1]
    assert request.method == after
    assert request.body == (b"body" if keeps_body else b"")
    assert ("content-type" in request.headers) == (after == method)
    assert request.headers["authorization"] == "mine", "the origin is the same"
    assert request.headers["x-a"] == "1"


def test_credentials_stay_with_their_origin(web: Web, server: ScriptedServer) -> None:
    with scripted_server() as other:
        server.answers["/"] = redirect(other.url + "/")
        other.answers["/"] = answer()
        secrets = [("Authorization", "a"), ("Cookie", "b"), ("Proxy-Authorization", "c")]
        headers = [*secrets, ("Host", "first"), ("x-fine", "yes")]
        web.send(server.url + "/", headers=headers, redirects=1)
        web.send(server.url + "/", cookies={"own": "1"}, redirects=1)
    assert server.requests[0].headers["authorization"] == "a"
    assert server.requests[1].headers["cookie"] == "own=1"
    first, second = (request.headers for request in other.requests)
    assert {"authorization", "cookie", "proxy-authorization"}.isdisjoint({*first, *second})
    assert first["host"] == f"127.0.0.1:{other.port}"
    assert first["x-fine"] == "yes"


def test_a_redirect_loop_says_how_it_goes_round(web: Web, server: ScriptedServer) -> None:
    server.answers |= {"/in": redirect("/a"), "/a": redirect("/b"), "/b": redirect("/a")}
    error = refused(web, f"{server.url}/in", redirects=10)
    round_trip = " → ".join(f"{server.url}{path}" for path in ("/a", "/b", "/a"))
    assert str(error) == f"more than 10 redirects, in a loop: {round_trip}"
    assert error.response is not None
    assert error.response.status == 302
    assert len(server.requests) == 11


def test_too_many_redirects_name_the_last_ones(web: Web, server: ScriptedServer) -> None:
    for number in range(5):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}?token=hunter2")
        server.answers[f"/{number}?token=hunter2"] = redirect(f"/{number + 1}?token=hunter2")
    error = refused(web, f"{server.url}/0", redirects=1)
    assert str(error).startswith(f"more than 1 redirect, the last: {server.url}/0 → ")
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("location", ["ftp://x/", "https://", "http://[", "mailto:me@x"])
def test_a_redirect_to_no_url_is_the_agents_fault(
    web: Web, server: ScriptedServer, location: str
) -> None:
    server.answers["/"] = redirect(location)
    error = refused(web, server.url, redirects=1)
    assert str(error).endswith(f"it redirects to '{location}', which is no HTTP URL")


def test_a_redirect_that_is_not_ascii_is_not_guessed(web: Web, server: ScriptedServer) -> None:
    # RFC 9110, 10.2.2: a URI-reference, which is ASCII (RFC 3986, 2).
    server.answers["/"] = answer(302, headers=[("location", "/é".encode())])
    error = refused(web, server.url, redirects=1)
    assert str(error) == "no whole response: it redirects to a URL that is not ASCII"


def test_a_redirect_without_location_is_a_response(web: Web, server: ScriptedServer) -> None:
    server.answers["/"] = answer(302, body=b"nowhere")
    assert web.send(server.url, redirects=5).body == b"nowhere"


def test_the_time_is_for_all_redirects_together(web: Web) -> None:
    def play(talk: Conversation) -> None:
        while talk.request():
            talk.pause(0.1)
            talk.say(redirect("/again"))

    with raw_server(play) as server:
        error = refused(web, server.url, redirects=1000, timeout_s=0.35)
    assert str(error) == "no response within 350 ms"
    assert 1 <= len(server.requests) <= 4


# Cookies.


def test_cookies_go_back_to_whom_they_belong(web: Web, server: ScriptedServer) -> None:
    jar = CookieJar()
    set_cookies = [
        ("set-cookie", "id=1; Path=/a; HttpOnly"),
        ("set-cookie", "all=2; Path=/"),
        ("set-cookie", "theirs=3; Domain=example.org"),
        ("set-cookie", "no cookie at all"),
    ]
    server.answers |= {"/a/login": answer(headers=set_cookies), "/a": answer(), "/b": answer()}
    response = web.send(f"{server.url}/a/login", jar=jar)
    assert response.cookies == {"id": "1", "all": "2", "theirs": "3"}
    web.send(f"{server.url}/a", jar=jar)
    web.send(f"{server.url}/b", jar=jar)
    web.send(f"{server.url}/b", jar=jar, cookies={"all": "mine", "more": "4"})
    web.send(f"{server.url}/b", jar=jar, headers=[("Cookie", "as=written")])
    web.send(f"{server.url}/b", jar=CookieJar())
    sent = [request.headers.get("cookie", "") for request in server.requests[1:]]
    assert [set(one.split("; ")) for one in sent] == [
        {"id=1", "all=2"},
        {"all=2"},
        {"all=mine", "more=4"},
        {"as=written"},
        {""},
    ]


def test_a_cookie_that_expires_is_forgotten(web: Web, server: ScriptedServer) -> None:
    jar = CookieJar()
    server.answers |= {
        "/in": answer(headers=[("set-cookie", "id=1")]),
        "/out": answer(headers=[("set-cookie", "id=; Max-Age=0")]),
    }
    for path in ("/in", "/out", "/in"):
        web.send(server.url + path, jar=jar)
    web.send(server.url + "/out", jar=jar)
    web.send(server.url + "/out", jar=jar)
    sent = [request.headers.get("cookie") for request in server.requests]
    assert sent == [None, "id=1", None, "id=1", None]


def test_a_redirect_takes_its_cookie_along(web: Web, server: ScriptedServer) -> None:
    set_cookie = [("set-cookie", "sid=1; Path=/"), ("location", "/home")]
    server.answers |= {"/login": answer(303, headers=set_cookie), "/home": answer()}
    response = web.send(f"{server.url}/login", jar=CookieJar(), redirects=1)
    assert server.requests[1].headers["cookie"] == "sid=1"
    assert response.cookies == {"sid": "1"}


# Bodies.


def test_a_form_is_sent_as_multipart(web: Web, server: ScriptedServer) -> None:
    server.answers["/"] = redirect("/again", 307)
    parts = (
        Part(name='é"x', content="ü".encode()),
        Part(name="file", content=b"\x00\xff", filename="a b.bin", content_type="image/png"),
    )
    web.send(f"{server.url}/", method="POST", body=Form(parts), redirects=1)
    for request in server.requests:
        assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert request.body.count(b"Content-Disposition: form-data; name=") == 2
        assert b'filename="a b.bin"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n' in request.body
    assert len(server.requests) == 2


def packed(data: bytes, wbits: int) -> bytes:
    deflater = zlib.compressobj(9, wbits=wbits)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_small_body_that_inflates_without_end_is_stopped(
    web: Web, server: ScriptedServer, coding: str
) -> None:
    deflater = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(200)) + deflater.flush()
    assert len(bomb) < 1 << 18
    server.answers["/"] = answer(headers=[("content-encoding", coding)], body=bomb)
    error = refused(web, server.url, max_body=1 << 20)
    assert str(error) == "the response's body is larger than 1 MiB, its limit ('max_body')"
    assert error.response is not None
    assert error.response.body == bytes(1 << 14), "as much as a report needs"


@pytest.mark.parametrize(("size", "fits"), [(999, True), (1000, True), (1001, False)])
@pytest.mark.parametrize("how", ["sized", "chunked", "zipped"])
def test_the_limit_of_a_body_is_exact(
    web: Web, server: ScriptedServer, size: int, how: str, *, fits: bool
) -> None:
    body = bytes(range(250)) * 4 + b"x"
    server.answers["/"] = answer(body=body[:size])
    if how == "chunked":
        server.answers["/"] = CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (size, body[:size])
    elif how == "zipped":
        coding = [("content-encoding", "gzip")]
        server.answers["/"] = answer(headers=coding, body=packed(body[:size], 31))
    if fits:
        assert web.send(server.url, max_body=1000).body == body[:size]
    else:
        error = refused(web, server.url, max_body=1000)
        assert "larger than 1000 B" in str(error)
        assert error.response is not None
        assert error.response.body == body[:1000]


@pytest.mark.parametrize(
    ("framing", "max_body"),
    [
        (b"transfer-encoding: chunked", 1 << 20),
        # Whoever says how much will come is believed at once.
        (b"content-length: 1073741824", 32 << 20),
    ],
)
def test_a_body_of_a_gigabyte_is_not_read(web: Web, framing: bytes, max_body: int) -> None:
    sent = []

    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        piece = bytes(65536)
        for _ in range(1 << 14):
            talk.say(b"10000\r\n" + piece + b"\r\n" if b"chunked" in framing else piece)
            sent.append(len(piece))

    with raw_server(play) as server:
        error = refused(web, server.url, max_body=max_body)
    assert "larger than" in str(error)
    assert sum(sent) < 20 << 20, "what the kernel holds on both sides, not a gigabyte"


def test_members_of_gzip_follow_each_other(web: Web, server: ScriptedServer) -> None:
    body = packed(b"one, ", 31) + packed(b"two", 31) + bytes(16)
    server.answers["/"] = answer(headers=[("content-encoding", "gzip")], body=body)
    assert web.send(server.url).body == b"one, two"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_that_ends_too_soon_is_the_agents_fault(
    web: Web, server: ScriptedServer, coding: str
) -> None:
    body = packed(b"a long text " * 100, 31 if coding == "gzip" else 15)[:-10]
    server.answers["/"] = answer(headers=[("content-encoding", coding)], body=body)
    error = refused(web, server.url)
    assert str(error) == f"no whole response: its {coding} body ends too soon"


def test_what_the_library_can_undo_it_does(web: Web, server: ScriptedServer) -> None:
    # `{"a": 1}` as brotli's uncompressed meta-block (RFC 7932, 9.2) and zstd's raw block.
    brotli = bytes.fromhex("8b0380") + b'{"a": 1}' + b"\x03"
    zstd = bytes.fromhex("28b52ffd2008410000") + b'{"a": 1}'
    for coding, body in (("br", brotli), ("zstd", zstd)):
        server.answers["/"] = answer(headers=[("content-encoding", coding)], body=body)
        response = web.send(server.url, headers=[("accept-encoding", coding)])
        assert response.body == b'{"a": 1}', coding


# Faults, each of which ends within its time.


def says(*pieces: bytes, end: str = "close") -> Any:
    """Play a server that says `pieces` after a request, and then ends in this way."""

    def play(talk: Conversation) -> None:
        talk.request()
        for piece in pieces:
            talk.say(piece)
        if end == "reset":
            talk.pause(0.02)
            talk.reset()
        elif end == "hang":
            talk.wait_for_end()

    return play


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("play", "message"),
    [
        (says(end="close"), "no whole response: connection closed before message completed"),
        (says(end="reset"), "no whole response: Connection reset by peer (os error 104)"),
        (says(end="hang"), "no response within 400 ms"),
        (
            says(HEAD[:20], end="reset"),
            "no whole response: Connection reset by peer (os error 104)",
        ),
        (says(HEAD[:20], end="hang"), "no response within 400 ms"),
        (says(HEAD, b"abc"), "no whole response: end of file before message length reached"),
        (
            says(HEAD, b"abc", end="reset"),
            "no whole response: Connection reset by peer (os error 104)",
        ),
        (says(HEAD, b"abc", end="hang"), "the response did not end within 400 ms"),
        (
            says(CHUNKED, b"3\r\nabc\r\n"),
            "no whole response: unexpected EOF during chunk size line",
        ),
        (
            says(CHUNKED, b"zz\r\nabc\r\n"),
            "no whole response: Invalid chunk size line: missing size digit",
        ),
        (
            says(HEAD.replace(b"10", b"-1")),
            "no whole response: invalid content-length parsed",
        ),
        (
            says(b"HTTP/1.1 200 OK\r\nx: " + b"y" * (1 << 20)),
            "no whole response: message head is too large",
        ),
    ],
)
def test_faults(web: Web, play: Any, message: str) -> None:
    with raw_server(play) as server:
        assert str(refused(web, server.url, timeout_s=0.4)) == message


def test_endless_headers_end(web: Web) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000_000):
            talk.say(b"x-%d: y\r\n" % number)

    with raw_server(play) as server:
        assert "message head is too large" in str(refused(web, server.url))


def test_a_body_longer_than_said_is_cut_and_its_connection_not_used_again(web: Web) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(HEAD + b"0123456789HTTP/1.1 500 Smuggled\r\ncontent-length: 0\r\n\r\n")
        talk.wait_for_end()

    with raw_server(play) as server:
        for _ in range(3):
            response = web.send(server.url)
            assert (response.status, response.body) == (200, b"0123456789")
        assert server.connections == 3


def test_trickled_bytes_end_with_the_time(web: Web) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            talk.say(b"x")
            talk.pause(0.02)

    with raw_server(play) as server:
        error = refused(web, server.url, timeout_s=0.3)
    assert str(error) == "the response did not end within 300 ms"


# What is not reached.


@pytest.fixture
def mute_port() -> Iterator[int]:
    """Give a port that accepts connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port: int = mute.getsockname()[1]
        yield port


def test_a_target_that_is_cut_off_is_unreachable_whichever_time_is_shorter(
    web: Web, dropping_port: int, mute_port: int
) -> None:
    for url in (f"http://127.0.0.1:{dropping_port}", f"https://127.0.0.1:{mute_port}"):
        for name, seconds, waited in (("timeout_s", 0.6, 300), ("connect_timeout_s", 0.2, 200)):
            more: dict[str, Any] = {name: seconds}
            with pytest.raises(TargetError) as caught:
                web.send(url, **more)
            assert str(caught.value) == f"no connection within {waited} ms"
