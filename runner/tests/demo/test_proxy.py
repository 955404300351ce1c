from __future__ import annotations

import socket
import threading
from itertools import product
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"


def raw(client: httpx.Client, request: bytes) -> bytes:
    """Send bytes as they are and read until the server closes."""
    with socket.create_connection((client.base_url.host, client.base_url.port), 10) as one:
        one.sendall(request)
        received = b""
        while chunk := one.recv(65536):
            received += chunk
    return received


def test_a_request_reaches_the_agent_as_it_was_sent(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    response = sidecar.proxy.put(
        "/a%20b/%2F?x=1&y=%26",
        content=b"body",
        headers={"x-request-id": "mine", "x-mine": "1", "x-agentspec-guardrails-invoked": "g"},
    )
    assert (response.status_code, response.text) == (200, "hi")
    assert response.headers["x-request-id"] == "mine"
    head, _, body = agent.requests[0].decode().partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "PUT /a%20b/%2F?x=1&y=%26 HTTP/1.1"
    assert body == "body"
    assert "x-mine: 1" in lines
    assert "x-request-id: mine" in lines
    assert "via: 1.1 agentrig-sidecar" in lines
    assert f"Host: {agent.url[7:]}" in lines
    assert "x-agentspec" not in head


def test_nothing_of_the_first_hop_reaches_the_agent(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    raw(
        sidecar.proxy,
        b"GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: x-mine, close\r\nx-mine: 1\r\n"
        b"te: trailers\r\nproxy-authorization: secret\r\n\r\n",
    )
    sent = agent.requests[0].decode().lower()
    for gone in ("evil.example", "x-mine", "te: ", "proxy-authorization", "user-agent"):
        assert gone not in sent


def test_reporting_headers_are_recorded_and_stripped(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(
        OK + b"X-AgentSpec-Tools-Called: plan-week\r\nX-AGENTSPEC-anything: 1\r\n"
        b"keep-alive: timeout=1\r\nx-request-id: not-this\r\n"
        b"set-cookie: a=1\r\nset-cookie: b=2\r\nconnection: close\r\n\r\nhi"
    )
    sidecar = start_sidecar("gymcoach", agent.url)
    response = sidecar.proxy.get("/", headers={"x-request-id": "mine"})
    assert not [key for key in response.headers if key.startswith("x-agentspec")]
    assert "keep-alive" not in response.headers
    assert response.headers.get_list("x-request-id") == ["mine"]
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    entry = sidecar.audit()[0]
    assert (entry["requestId"], entry["toolsCalled"]) == ("mine", ["plan-week"])
    assert entry["reportedBy"] == ["headers"]


def test_the_ring_has_the_request_before_its_caller_has_the_answer(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    for number in range(20):
        sidecar.proxy.get("/", headers={"x-request-id": f"r{number}"})
        assert sidecar.audit()[-1]["requestId"] == f"r{number}"


def test_an_agent_that_is_down_is_a_502_that_says_where(start_sidecar: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        upstream = f"http://127.0.0.1:{free.getsockname()[1]}"
    sidecar = start_sidecar("gymcoach", upstream)
    response = sidecar.proxy.post("/chat", json={"message": "hi"})
    assert response.status_code == 502
    answer = response.json()
    assert answer["error"] == "UpstreamUnavailable"
    assert answer["message"].startswith(f"agent 'gymcoach' cannot be reached at {upstream}: ")
    assert sidecar.audit()[0]["statusCode"] == 502


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
)
def test_an_agent_that_answers_nonsense_is_a_502(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any], answer: bytes
) -> None:
    sidecar = start_sidecar("gymcoach", scripted_agent(answer).url)
    assert sidecar.proxy.get("/").status_code == 502


def test_an_answer_that_breaks_off_is_seen_to_break_off(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n")
    sidecar = start_sidecar("gymcoach", agent.url)
    with pytest.raises(httpx.RemoteProtocolError):
        sidecar.proxy.get("/")
    assert sidecar.audit()[0]["statusCode"] == 200


def test_an_answer_is_streamed(start_sidecar: Callable[..., Any]) -> None:
    more = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_in_two_parts() -> None:
            with server.accept()[0] as one:
                one.recv(65536)
                one.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
                assert more.wait(10)
                one.sendall(b"6\r\nsecond\r\n0\r\n\r\n")

        thread = threading.Thread(target=answer_in_two_parts)
        thread.start()
        sidecar = start_sidecar("gymcoach", f"http://127.0.0.1:{server.getsockname()[1]}")
        with sidecar.proxy.stream("GET", "/") as response:
            parts = response.iter_raw()
            assert next(parts) == b"first"
            more.set()
            assert b"".join(parts) == b"second"
        thread.join()


def test_a_body_too_large_never_reaches_the_agent(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    response = sidecar.proxy.post("/chat", content=b"x" * (1024 * 1024 + 1))
    assert (response.status_code, response.json()["error"]) == (413, "PayloadTooLarge")
    assert agent.requests == []
    assert sidecar.audit()[0]["statusCode"] == 413


@pytest.mark.parametrize(
    "target", [b"http://evil.example/", b"@evil.example/", b"*", b":80/", b"evil.example:80"]
)
def test_no_target_leads_to_another_server(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any], target: bytes
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    answer = raw(
        sidecar.proxy, b"GET " + target + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the request target must start with '/'" in answer
    assert agent.requests == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET //evil.example/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /%ff%00%0d%0a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b'GET / HTTP/1.1\r\nhost: evil"<>:99999\r\nconnection: close\r\n\r\n',
        b"GET / HTTP/1.1\r\nhost: x\r\nx-agentspec-guardrails-invoked: \xff\r\nconnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: nope\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
    ids=lambda r: repr(r[:24]),
)
def test_no_bytes_break_the_sidecar(
    start_sidecar: Callable[..., Any],
    scripted_agent: Callable[[bytes], Any],
    request_bytes: bytes,
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("gymcoach", agent.url)
    assert raw(sidecar.proxy, request_bytes).split()[1] in {b"200", b"400"}
    assert sidecar.proxy.get("/").status_code == 200
    assert sidecar.audit()[-1]["path"] == "/"


def test_enforce_blocks_before_the_agent_is_asked(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("fitness-tracker", agent.url, OPA_PROXY_MODE="enforce")
    response = sidecar.proxy.post("/chat", json={"message": "hi"})
    assert response.status_code == 403
    assert response.json() == {
        "error": "PolicyViolation",
        "message": "blocked by policy: guardrail 'content_filter' was not invoked; "
        "guardrail 'pii_scrubber' was not invoked",
        "blocked": True,
        "violations": [
            "guardrail 'content_filter' was not invoked",
            "guardrail 'pii_scrubber' was not invoked",
        ],
    }
    assert agent.requests == []
    entry = sidecar.audit()[0]
    assert (entry["statusCode"], entry["opaMode"], entry["opaBlocked"]) == (403, "enforce", True)


def test_no_spelling_of_a_request_that_acts_passes_enforce(
    start_sidecar: Callable[..., Any],
) -> None:
    sidecar = start_sidecar("gymcoach", "http://127.0.0.1:9", OPA_PROXY_MODE="enforce")
    methods = ("POST", "PUT", "DELETE", "PATCH", "post", "ANY")
    paths = ("/chat", "/%63hat", "//chat", "/x/../chat", "/")
    for method, path in product(methods, paths):
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        assert raw(sidecar.proxy, head.encode()).split()[1] == b"403", head


def test_enforce_lets_reading_and_guarded_requests_pass(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("fitness-tracker", agent.url, OPA_PROXY_MODE="enforce")
    guarded = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
    assert sidecar.proxy.get("/").status_code == 200
    assert sidecar.proxy.post("/chat", json={}, headers=guarded).status_code == 200
    assert [entry["opaAllowed"] for entry in sidecar.audit()] == [True, True]


def test_track_records_what_enforce_would_block(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    sidecar = start_sidecar("fitness-tracker", agent.url, OPA_PROXY_MODE="track")
    assert sidecar.proxy.post("/chat", json={}).status_code == 200
    entry = sidecar.audit()[0]
    assert (entry["opaAllowed"], entry["opaBlocked"]) == (False, False)
    assert len(entry["opaViolations"]) == 2


def test_off_asks_nobody(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"x-agentspec-tools-called: x\r\nconnection: close\r\n\r\nhi")
    sidecar = start_sidecar("fitness-tracker", agent.url, OPA_PROXY_MODE="off")
    assert sidecar.proxy.post("/chat", json={}).status_code == 200
    entry = sidecar.audit()[0]
    assert (entry["opaMode"], entry["opaAllowed"]) == ("off", None)
    assert (entry["behavioralCompliant"], entry["toolsCalled"]) == (None, ["x"])


def test_without_its_policy_server_enforce_refuses_and_track_records(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any]
) -> None:
    agent = scripted_agent(OK + b"connection: close\r\n\r\nhi")
    with socket.create_server(("127.0.0.1", 0)) as free:
        opa_url = f"http://127.0.0.1:{free.getsockname()[1]}"
    enforcing = start_sidecar("gymcoach", agent.url, OPA_PROXY_MODE="enforce", OPA_URL=opa_url)
    guarded = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
    response = enforcing.proxy.post("/chat", json={}, headers=guarded)
    assert response.status_code == 503
    assert response.json()["error"] == "PolicyUnavailable"
    assert response.json()["blocked"] is True
    assert opa_url in response.json()["message"]
    assert agent.requests == []
    assert enforcing.control.get("/health/ready").status_code == 503

    tracking = start_sidecar("gymcoach", agent.url, OPA_PROXY_MODE="track", OPA_URL=opa_url)
    assert tracking.proxy.post("/chat", json={}).status_code == 200
    entry = tracking.audit()[0]
    assert (entry["opaAllowed"], entry["opaEngine"]) == (None, "opa")
    assert f"{opa_url} cannot be asked" in entry["opaError"]
