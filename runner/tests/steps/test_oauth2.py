"""Tokens are fetched once, renewed in time, and their endpoint's faults are nobody's failed test."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from agentrig.errors import InfraError, TargetError
from agentrig.steps._auth import OAuth2
from agentrig.steps._oauth2 import TokenSource, source_key
from tests.support.bench import Bench
from tests.support.raw_server import Conversation, raw_server
from tests.support.scripted_server import ScriptedServer, answer, scripted_server
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "hunter2 & more"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def settings(url: str, **more: Any) -> OAuth2:
    return OAuth2(token_url=f"{url}/token", client_id="me:1", client_secret=SECRET, **more)


def granted(token: str, **more: Any) -> bytes:
    return answer(body=json.dumps({"access_token": token, "token_type": "Bearer", **more}).encode())


def test_a_token_is_asked_for_as_the_rfc_says(web: Web, server: ScriptedServer) -> None:
    server.answers["/token"] = granted("t1")
    source = TokenSource(settings(server.url, scope="a b", audience="api"), web.clients)
    assert web.run(source.token(timeout_s=5)) == "t1"
    request = server.requests[0]
    assert request.method == "POST"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["a b"],
        "audience": ["api"],
    }
    kind, _, pair = request.headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(pair)) == ("Basic", b"me%3A1:hunter2+%26+more")


def test_a_token_that_was_issued_stands_in_no_report(
    tmp_path: Path, server: ScriptedServer
) -> None:
    server.answers["/token"] = granted("issued-token")
    server.answers["/"] = answer(body=b'{"you": "issued-token"}')
    step = {
        "auth": {
            "oauth2": {"token_url": f"{server.url}/token", "client_id": "me", "client_secret": "x"}
        },
        "expect": {"status": 500},
    }
    with Bench(tmp_path) as bench:
        text = json.dumps({"name": "x", "steps": [step]})
        events = bench.events(text, {"proxy": server.url})
    assert server.requests[-1].headers["authorization"] == "Bearer issued-token"
    assert "[redacted]" in repr(events)
    assert "issued-token" not in repr(events)


def test_steps_that_ask_at_once_make_one_request(web: Web, server: ScriptedServer) -> None:
    server.answers["/token"] = granted("t1")
    source = TokenSource(settings(server.url), web.clients)

    async def ask() -> list[str]:
        return list(await asyncio.gather(*(source.token(timeout_s=5) for _ in range(20))))

    assert web.run(ask()) == ["t1"] * 20
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("expires_in", "keeps_s"),
    [(3600, 3590), ("100", 90), (10, 9), (0, 0), (None, 10**9), ("soon", 10**9)],
)
def test_a_token_is_renewed_before_it_ends(
    web: Web, server: ScriptedServer, expires_in: object, keeps_s: float
) -> None:
    now = [1000.0]
    server.answers["/token"] = granted("t", expires_in=expires_in)
    source = TokenSource(settings(server.url), web.clients, clock=lambda: now[0])
    web.run(source.token(timeout_s=5))
    if keeps_s:
        now[0] += keeps_s - 0.1
        web.run(source.token(timeout_s=5))
        assert len(server.requests) == 1
        now[0] += 0.2
    web.run(source.token(timeout_s=5))
    assert len(server.requests) == (1 if keeps_s == 10**9 else 2)


def test_a_refused_token_is_renewed_once_for_all_who_held_it(
    web: Web, server: ScriptedServer
) -> None:
    server.answers["/token"] = granted("t1")
    source = TokenSource(settings(server.url), web.clients)
    web.run(source.token(timeout_s=5))
    server.answers["/token"] = granted("t2")
    for _ in range(3):
        assert web.run(source.token(timeout_s=5, refused="t1")) == "t2"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (answer(503, body=b"<h1>busy</h1>"), "status 503, <h1>busy</h1>"),
        (answer(500), "status 500, nothing in it"),
        (answer(body=b"{}"), "status 200, no 'access_token' in it"),
        (answer(body=b'{"access_token": ""}'), "status 200, no 'access_token' in it"),
        (answer(body=b"no json"), "status 200, no 'access_token' in it"),
        (answer(body=b"[" * 100_000), "status 200, no 'access_token' in it"),
        (
            answer(401, body=b'{"error": "invalid_client", "error_description": "who?"}'),
            "status 401, invalid_client: who?",
        ),
        (
            answer(400, body=b'{"error": "bad ' + SECRET.encode() + b'"}'),
            "status 400, bad [redacted]",
        ),
        (answer(302, headers=[("location", "/login")]), "status 302, nothing in it"),
        (b"", "no whole response: connection closed before message completed"),
    ],
)
def test_an_endpoint_that_gives_none_is_named(
    web: Web, server: ScriptedServer, raw: bytes, says: str
) -> None:
    server.answers["/token"] = raw
    server.closing |= {"/token"} if not raw else set()
    source = TokenSource(settings(server.url), web.clients)
    with pytest.raises(InfraError) as caught:
        web.run(source.token(timeout_s=5))
    assert str(caught.value) == f"no token from the token endpoint {server.url}/token: {says}"
    server.answers["/token"] = granted("t1")
    assert web.run(source.token(timeout_s=5)) == "t1", "the next one who asks may be luckier"


def test_an_endpoint_that_is_not_there_is_named(web: Web) -> None:
    source = TokenSource(settings("http://127.0.0.1:9"), web.clients)
    with pytest.raises(
        TargetError, match=r"no token from the token endpoint http://127\.0\.0\.1:9/"
    ):
        web.run(source.token(timeout_s=5))


def test_an_endpoint_that_hangs_is_told_before_the_step_ends(web: Web) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.wait_for_end()

    async def ask(source: TokenSource) -> list[BaseException | str]:
        async with asyncio.timeout(2):
            return await asyncio.gather(
                *(source.token(timeout_s=2) for _ in range(3)), return_exceptions=True
            )

    with raw_server(play) as server:
        found = web.run(ask(TokenSource(settings(server.url), web.clients)))
    assert [type(one) for one in found] == [InfraError] * 3
    assert "no response within 1.8 s" in str(found[0])


def test_a_step_that_is_cancelled_lets_the_next_one_fetch(web: Web) -> None:
    asked = threading.Event()

    def play(talk: Conversation) -> None:
        while talk.request():
            if not asked.is_set():
                asked.set()
                talk.wait_for_end()
                return
            talk.say(granted("t1"))

    async def ask(source: TokenSource) -> str:
        first = asyncio.create_task(source.token(timeout_s=30))
        await asyncio.to_thread(asked.wait, 10)
        second = asyncio.create_task(source.token(timeout_s=30))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    with raw_server(play) as server:
        assert web.run(ask(TokenSource(settings(server.url), web.clients))) == "t1"


def test_equal_settings_share_a_source_whose_name_hides_the_secret() -> None:
    one = source_key(settings("http://a"), None)
    assert one == source_key(settings("http://a"), None)
    assert one != source_key(settings("http://a", scope="x"), None)
    assert "hunter2" not in one
