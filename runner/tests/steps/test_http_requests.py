"""Everything that an `http` step can send, as a real server receives it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
import trustme
import yaml

from agentrig.events import Outcome, StepFinished
from tests.support.bench import Bench
from tests.support.raw_server import Conversation, raw_server
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def run(bench: Bench, url: str, *steps: dict[str, Any]) -> list[StepFinished]:
    text = yaml.safe_dump({"name": "x", "steps": list(steps)}, sort_keys=False, allow_unicode=True)
    return bench.run(text, {"proxy": url})


def passed(bench: Bench, url: str, *steps: dict[str, Any]) -> None:
    finished = run(bench, url, *steps)
    assert [one.outcome for one in finished] == [Outcome.PASSED] * len(steps), finished[-1].message


@pytest.mark.parametrize(
    ("path", "query", "sent"),
    [
        ("/", {"q": "a b&c", "n": 1, "on": True}, "/?q=a%20b%26c&n=1&on=true"),
        ("/x?a=1", {"b": ["x", "y"]}, "/x?a=1&b=x&b=y"),
        ("/x?", {"b": "é"}, "/x?b=%C3%A9"),
        ("/x#part", {"b": ""}, "/x?b="),
        ("/x", {"b": []}, "/x?"),
    ],
)
def test_parameters_follow_those_of_the_path(
    bench: Bench, server: ScriptedServer, path: str, query: dict[str, Any], sent: str
) -> None:
    run(bench, server.url, {"path": path, "query": query})
    assert server.requests[0].path == sent


def test_a_form_is_urlencoded(bench: Bench, server: ScriptedServer) -> None:
    form = {"message": "a&b=c é\n", "n": 1.5, "tag": ["x", "y"], "off": False}
    run(bench, server.url, {"method": "POST", "form": form})
    request = server.requests[0]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [
        ("message", "a&b=c é\n"),
        ("n", "1.5"),
        ("tag", "x"),
        ("tag", "y"),
        ("off", "false"),
    ]


def test_a_multipart_form_holds_texts_and_files(
    bench: Bench, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\0")
    form: dict[str, Any] = {
        "prompt": "What is it?",
        "tag": ["x", 2],
        "photo": {"file": "cat.png"},
        "as": {"file": "cat.png", "filename": "dog", "content_type": "image/x"},
        "notes": {"content": "ü", "filename": "n.txt"},
        "json": {"content": "{}", "content_type": "application/json"},
    }
    run(bench, server.url, {"method": "POST", "multipart": form})
    request = server.requests[0]
    kind, _, boundary = request.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = request.body.decode("latin-1").split(f"--{boundary}")[1:-1]
    assert [part.strip("\r\n").split("\r\n") for part in parts] == [
        ['Content-Disposition: form-data; name="prompt"', "", "What is it?"],
        ['Content-Disposition: form-data; name="tag"', "", "x"],
        ['Content-Disposition: form-data; name="tag"', "", "2"],
        [
            'Content-Disposition: form-data; name="photo"; filename="cat.png"',
            "Content-Type: image/png",
            "",
            "\x89PNG\0",
        ],
        [
            'Content-Disposition: form-data; name="as"; filename="dog"',
            "Content-Type: image/x",
            "",
            "\x89PNG\0",
        ],
        [
            'Content-Disposition: form-data; name="notes"; filename="n.txt"',
            "Content-Type: text/plain",
            "",
            "Ã¼",
        ],
        [
            'Content-Disposition: form-data; name="json"',
            "Content-Type: application/json",
            "",
            "{}",
        ],
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"raw": "é\n"}, "text/plain; charset=utf-8", "é\n".encode()),
        ({"raw": ""}, "text/plain; charset=utf-8", b""),
        ({"binary": {"file": "data.bin"}}, "application/octet-stream", b"\0\xff"),
        ({"binary": {"base64": "AP8=\n"}}, "application/octet-stream", b"\0\xff"),
        ({"body": [1]}, "application/json", b"[1]"),
    ],
)
def test_other_bodies(
    bench: Bench, server: ScriptedServer, body: dict[str, Any], content_type: str, sent: bytes
) -> None:
    (bench.folder / "data.bin").write_bytes(b"\0\xff")
    run(bench, server.url, {"path": "/1", "method": "PUT", **body})
    own = {"Content-Type": "application/x-own"}
    run(bench, server.url, {"path": "/2", "method": "PUT", **body, "headers": own})
    first, second = server.requests
    assert (first.headers["content-type"], first.body) == (content_type, sent)
    assert (second.headers["content-type"], second.body) == ("application/x-own", sent)


def test_a_file_that_is_not_there_is_no_verdict_on_the_agent(
    bench: Bench, server: ScriptedServer
) -> None:
    for keys, message in (
        ({"binary": {"file": "no.bin"}}, "'binary.file': cannot read 'no.bin': No such file"),
        (
            {"multipart": {"a": {"file": "no.bin"}}},
            "'multipart.a.file': cannot read 'no.bin': No such file",
        ),
    ):
        (step,) = run(bench, server.url, {"name": "Send", "method": "POST", **keys})
        assert step.outcome is Outcome.ERROR
        assert (step.message or "").startswith(f"[Send] {message}")
    assert server.requests == []


def test_basic_and_bearer(bench: Bench, server: ScriptedServer) -> None:
    run(bench, server.url, {"auth": {"basic": {"username": "me", "password": "pä:ss"}}})
    run(bench, server.url, {"auth": {"bearer": "abc.def"}})
    first, second = (request.headers["authorization"] for request in server.requests)
    assert first == "Basic " + base64.b64encode("me:pä:ss".encode()).decode()
    assert second == "Bearer abc.def"


class Issuer:
    """Gives out the tokens t1, t2, ...; `/chat` takes the one called `good`."""

    def __init__(self, good: str) -> None:
        self.good = good
        self.asked: list[str] = []
        self._given = 0

    def play(self, talk: Conversation) -> None:
        while request := talk.request():
            _, path, *_ = request.decode().split()
            self.asked.append(path)
            if path == "/token":
                self._given += 1
                talk.say(answer(body=b'{"access_token": "t%d"}' % self._given))
            else:
                taken = f"Bearer {self.good}".encode() in request
                talk.say(answer(200 if taken else 401))


@pytest.mark.parametrize(
    ("good", "asked", "outcome"),
    [
        ("t1", ["/token", "/chat", "/chat"], Outcome.PASSED),
        ("t2", ["/token", "/chat", "/token", "/chat", "/chat"], Outcome.PASSED),
        ("none", ["/token", "/chat", "/token", "/chat"], Outcome.FAILED),
    ],
)
def test_a_token_is_fetched_once_in_a_run_and_again_when_it_is_refused(
    bench: Bench, good: str, asked: list[str], outcome: Outcome
) -> None:
    issuer = Issuer(good)
    with raw_server(issuer.play) as server:
        url = f"{server.url}/token"
        settings = {"token_url": url, "client_id": "me", "client_secret": "hunter2"}
        step = {"path": "/chat", "auth": {"oauth2": settings}, "expect": {"status": 200}}
        finished = run(bench, server.url, step, step)
    assert issuer.asked == asked
    assert finished[-1].outcome is outcome
    if outcome is Outcome.FAILED:
        assert finished[-1].message == "[GET /chat] expected status 200, got 401"
        assert dict(finished[-1].exchange.request_headers)["authorization"] == "[redacted]"  # type: ignore[union-attr]  # a failed step has one
    assert "hunter2" not in repr(finished)


def test_no_token_is_no_verdict_on_the_agent(bench: Bench, server: ScriptedServer) -> None:
    settings = {"token_url": f"{server.url}/token", "client_id": "me", "client_secret": "hunter2"}
    server.answers["/token"] = answer(400, body=b'{"error": "invalid_scope"}')
    (step,) = run(bench, server.url, {"name": "Ask", "auth": {"oauth2": settings}})
    assert step.outcome is Outcome.ERROR
    where = f"the token endpoint {server.url}/token"
    assert step.message == f"[Ask] no token from {where}: status 400, invalid_scope"


def test_redirects_are_followed_and_shown(bench: Bench, server: ScriptedServer) -> None:
    server.answers |= {
        "/a": answer(302, headers=[("location", "/b"), ("set-cookie", "sid=7")]),
        "/b": answer(body=b"there"),
    }
    captured = {"sid": {"cookie": "sid"}}
    step = {"path": "/a", "redirects": True, "capture": captured}
    passed(bench, server.url, {**step, "expect": {"status": 200, "body_contains": "there"}})
    (failed,) = run(bench, server.url, {**step, "expect": {"status": 201}})
    assert failed.exchange is not None
    assert failed.exchange.redirects == (f"302 → {server.url}/b",)
    assert failed.exchange.url == f"{server.url}/a"
    (failed,) = run(bench, server.url, {"path": "/a", "redirects": 0, "expect": {"status": 200}})
    assert failed.message == "[GET /a] expected status 200, got 302"


def test_a_redirect_loop_fails_the_step(bench: Bench, server: ScriptedServer) -> None:
    server.answers["/a"] = answer(302, headers=[("location", "/a")])
    (step,) = run(bench, server.url, {"name": "Ask", "path": "/a", "redirects": 3})
    assert step.outcome is Outcome.FAILED
    way = f"{server.url}/a → {server.url}/a"
    assert step.message == f"[Ask] more than 3 redirects, in a loop: {way}"
    assert step.exchange is not None
    assert len(step.exchange.redirects) == 3


def test_a_redirect_to_where_nobody_is_says_so(bench: Bench, server: ScriptedServer) -> None:
    server.answers["/a"] = answer(302, headers=[("location", "http://127.0.0.1:9/x")])
    (step,) = run(bench, server.url, {"path": "/a", "redirects": True})
    assert step.outcome is Outcome.ERROR
    assert "redirected to http://127.0.0.1:9/x: " in (step.message or "")


def test_a_response_that_is_too_large_is_shown_as_far_as_it_was_read(
    bench: Bench, server: ScriptedServer
) -> None:
    server.answers["/"] = answer(body=b"0123456789" * 300)
    passed(bench, server.url, {"max_body": "3000B", "expect": {"status": 200}})
    (step,) = run(bench, server.url, {"name": "Ask", "max_body": "1KiB"})
    limit = "the response's body is larger than 1 KiB, its limit ('max_body')"
    assert (step.outcome, step.message) == (Outcome.FAILED, f"[Ask] {limit}")
    assert step.exchange is not None
    assert (step.exchange.status, len(step.exchange.response_body or "")) == (200, 1024)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (b"", "no response"),
        (b"HTTP/1.1 200 OK\r\n", "no response"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "the response did not end"),
    ],
)
def test_a_server_that_hangs_fails_the_step_in_its_time(
    bench: Bench, said: bytes, message: str
) -> None:
    def play(talk: Conversation) -> None:
        talk.request()
        talk.say(said)
        talk.wait_for_end()

    with raw_server(play) as server:
        (step,) = run(bench, server.url, {"name": "Ask", "timeout": "300ms"})
    assert (step.outcome, step.message) == (Outcome.FAILED, f"[Ask] {message} within 300 ms")
    assert step.elapsed_ms < 5_000


def test_own_certificates(bench: Bench, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    import ssl  # noqa: PLC0415

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("agent.demo.svc").configure_cert(context)

    def play(talk: Conversation) -> None:
        while talk.request():
            talk.say(answer())

    with raw_server(play, context) as server:
        tls = {"ca": "ca.pem", "server_name": "agent.demo.svc"}
        passed(bench, server.url, {"tls": tls, "expect": {"status": 200}})
        (step,) = run(bench, server.url, {"tls": {"ca": "ca.pem"}})
        assert step.outcome is Outcome.ERROR
        assert "not valid for name" in (step.message or "")
        (step,) = run(bench, server.url, {"tls": {"ca": "none.pem"}})
        assert step.outcome is Outcome.ERROR
        assert "'tls.ca': cannot read" in (step.message or "")


def test_what_was_sent_is_shown_readably(
    bench: Bench, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\0")
    server.answers["/"] = answer(500, body=b"\x89PNG\0\0")

    def shown(**keys: Any) -> str | None:
        (step,) = run(bench, server.url, {"method": "POST", **keys, "expect": {"status": 200}})
        assert step.exchange is not None
        assert step.exchange.response_body == "[6 B of binary data]"
        return step.exchange.request_body

    assert shown(binary={"file": "cat.png"}) == "[5 B of binary data]"
    assert shown(form={"a": ["b", "c"]}) == "a=b&a=c"
    assert shown(raw="text") == "text"
    assert shown(multipart={"a": "b", "photo": {"file": "cat.png"}}) == (
        "a: b\nphoto: [file 'cat.png', image/png, 5 B]"
    )


def test_expressions_fill_in_everything(bench: Bench, server: ScriptedServer) -> None:
    text = """
name: x
vars: {page: 2, limit: 3, names: [a, b], user: me, hops: 1, body: {deep: [1]}}
steps:
  - path: /x
    query: {page: "${page}", name: "${names}"}
    cookies: {user: "${user}"}
    auth: {basic: {username: "${user}", password: "${user}"}}
    redirects: ${hops}
    method: POST
    body: ${body}
"""
    assert [one.message for one in bench.run(text, {"proxy": server.url})] == [None]
    request = server.requests[0]
    assert request.path == "/x?page=2&name=a&name=b"
    assert request.headers["cookie"] == "user=me"
    assert request.body == b'{"deep":[1]}'


def test_a_request_that_the_scenarios_limit_cuts_off_goes_on_no_longer(bench: Bench) -> None:
    """Its own would have been a minute."""

    def play(talk: Conversation) -> None:
        talk.request()
        talk.wait_for_end()

    with raw_server(play) as server:
        text = f"name: x\ntimeout: 1s\nsteps: [{{endpoint: '{server.url}'}}]\n"
        (result,) = bench.run(text, {})
        assert result.message == "[GET /] the scenario's 1 s ran out"
        # The library gives up in its own thread, and the server hears of it.
        assert server.left.wait(10)


def test_a_target_that_is_cut_off_is_unreachable_within_the_scenarios_limit(
    bench: Bench, dropping_port: int
) -> None:
    text = f"name: x\ntimeout: 3s\nsteps: [{{endpoint: 'http://127.0.0.1:{dropping_port}'}}]\n"
    (result,) = bench.run(text, {})
    assert result.outcome is Outcome.ERROR
    assert "no connection within" in (result.message or "")
