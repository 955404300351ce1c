from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.demo.manifests import AGENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from agentrig.demo.embedded import Demo


@pytest.fixture(params=AGENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_sidecar_is_live_and_its_agent_ready(demo: Demo, http: httpx.Client, name: str) -> None:
    control = demo.agents[name].control_url
    assert http.get(control + "/health/live").json() == {"status": "live"}
    response = http.get(control + "/health/ready")
    assert response.status_code == 200
    ready = response.json()
    assert (ready["status"], ready["agentName"], ready["source"]) == ("ready", name, "agent-sdk")
    assert ready["timestamp"].endswith("Z")
    assert ready["summary"] == {"passed": len(ready["checks"]), "failed": 0, "warnings": 0}


def test_the_gap_has_the_manifests_issues_and_what_was_seen(
    demo: Demo, http: httpx.Client, name: str
) -> None:
    manifest = AGENTS[name]
    gap = http.get(demo.agents[name].control_url + "/gap").json()
    assert gap.keys() == {"score", "issues", "source", "modelId", "observed"}
    assert (gap["score"], gap["modelId"]) == (manifest.score, manifest.model.id)
    assert len(gap["issues"]) == len(manifest.issues)
    for issue in gap["issues"]:
        assert issue.keys() == {
            "severity",
            "property",
            "description",
            "recommendation",
            "evidenceLevel",
        }
        assert all(issue.values())
    assert gap["observed"] == {
        "hasHealthEndpoint": True,
        "hasCapabilitiesEndpoint": True,
        "upstreamTools": [tool.name for tool in manifest.tools],
    }


def test_explore_shows_model_and_tools(demo: Demo, http: httpx.Client) -> None:
    explored = http.get(demo.agents["trading-bot"].control_url + "/explore").json()
    assert explored == {
        "agent": {"name": "trading-bot", "version": "1.0.0"},
        "source": "agent-sdk",
        "model": {"provider": "builtin", "id": "trading-rules-1", "configStatus": "pass"},
        "tools": [
            {
                "name": "get-quote",
                "type": "function",
                "readOnly": True,
                "destructive": False,
                "status": "pass",
            },
            {
                "name": "place-order",
                "type": "function",
                "readOnly": False,
                "destructive": True,
                "status": "pass",
            },
        ],
    }


def test_the_card_is_served_under_both_names(demo: Demo, http: httpx.Client, name: str) -> None:
    urls = demo.agents[name]
    card = http.get(urls.control_url + "/.well-known/agent.json").json()
    assert card == http.get(urls.control_url + "/capabilities").json()
    assert (card["name"], card["url"]) == (name, urls.proxy_url)
    assert [skill["id"] for skill in card["skills"]] == [tool.name for tool in AGENTS[name].tools]


def test_an_agent_that_is_gone_is_unavailable(start_sidecar: Callable[..., Any]) -> None:
    control = start_sidecar("gymcoach", "http://127.0.0.1:9").control
    assert control.get("/health/live").status_code == 200
    ready = control.get("/health/ready")
    assert ready.status_code == 503
    assert (ready.json()["status"], ready.json()["source"]) == ("unavailable", "manifest-static")
    assert ready.json()["summary"] == {"passed": 1, "failed": 2, "warnings": 2}
    gap = control.get("/gap").json()
    assert (gap["score"], gap["source"]) == (100, "manifest-static")
    assert gap["observed"] == {
        "hasHealthEndpoint": False,
        "hasCapabilitiesEndpoint": False,
        "upstreamTools": [],
    }
    explored = control.get("/explore").json()
    assert explored["model"]["configStatus"] == "unknown"
    assert {tool["status"] for tool in explored["tools"]} == {"unknown"}


@pytest.mark.parametrize(
    "body",
    [
        b"nope",
        b"5",
        b'{"tools": 5}',
        b'{"tools": [5, {}, {"name": "plan-week"}]}',
        b"[" * 9000,
        b'{"tools": [{"name": "\\ud800"}]}',
    ],
)
def test_what_an_agent_says_of_itself_may_be_anything(
    start_sidecar: Callable[..., Any], scripted_agent: Callable[[bytes], Any], body: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    control = start_sidecar("gymcoach", scripted_agent(head + body).url).control
    assert control.get("/gap").json()["score"] == 100
    assert control.get("/explore").status_code == 200
    assert control.get("/health/ready").status_code in {200, 503}


def test_pushed_events_are_added_and_judged(start_sidecar: Callable[..., Any], demo: Demo) -> None:
    sidecar = start_sidecar("research-agent", demo.agents["research-agent"].app_url)
    sidecar.proxy.post("/chat", json={"message": "x"}, headers={"x-request-id": "r1"})
    batch = {
        "requestId": "r1",
        "agentName": "research-agent",
        "events": [
            {"type": "tool", "name": "rm-rf", "success": True, "latencyMs": 3},
            {"type": "guardrail", "guardrailType": "pii_scrubber", "invoked": True},
            {"type": "guardrail", "guardrailType": "content_filter", "invoked": False},
            {"type": "model", "modelId": "m-1", "tokenCount": 5},
            {"type": "memory", "backend": "ring"},
        ],
    }
    response = sidecar.control.post("/events", json=batch)
    assert response.status_code == 200
    violations = ["the agent declares no guardrails", "tool 'rm-rf' is not declared"]
    assert response.json() == {"requestId": "r1", "found": True, "opaViolations": violations}
    entry = sidecar.audit()[0]
    assert (entry["toolsCalled"], entry["modelCalls"]) == (["rm-rf"], ["m-1"])
    assert (entry["guardrailsInvoked"], entry["reportedBy"]) == (["pii_scrubber"], ["events"])
    assert (entry["behavioralCompliant"], entry["behavioralViolations"]) == (False, violations)


def test_events_of_an_unknown_request_wait_for_it(
    start_sidecar: Callable[..., Any], demo: Demo
) -> None:
    sidecar = start_sidecar("gymcoach", demo.agents["gymcoach"].app_url)
    events = [{"type": "tool", "name": "plan-week"}]
    batch = {"requestId": "early", "agentName": "gymcoach", "events": events}
    response = sidecar.control.post("/events", json=batch)
    assert (response.status_code, response.json()["found"]) == (202, False)
    assert sidecar.audit() == []
    sidecar.proxy.get("/", headers={"x-request-id": "early"})
    assert sidecar.audit()[0]["toolsCalled"] == ["plan-week"]
    assert sidecar.control.post("/events", json=batch).status_code == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"requestId": None}, "'requestId' must be"),
        ({"requestId": "a b"}, "'requestId' must be"),
        ({"requestId": "x" * 129}, "'requestId' must be"),
        ({"agentName": "trading-bot"}, "'agentName' must be 'gymcoach'"),
        ({"agentName": None}, "'agentName' must be 'gymcoach'"),
        ({"events": None}, "'events' must be a list"),
        ({"events": [{}] * 101}, "'events' must be a list of at most 100"),
        ({"events": [5]}, "'events[0]' must be an object"),
        (
            {"events": [{"type": "tool", "name": "a"}, {"type": "x"}]},
            "'events[1].type' must be one",
        ),
        ({"events": [{"type": []}]}, "'events[0].type' must be one"),
        ({"events": [{"type": "tool"}]}, "'events[0].name' must be a name"),
        ({"events": [{"type": "tool", "name": "\ud800"}]}, "'events[0].name' must be a name"),
        ({"events": [{"type": "guardrail", "name": "g"}]}, "'events[0].guardrailType' must be"),
    ],
)
def test_malformed_events_are_a_400_that_says_which(
    demo: Demo, http: httpx.Client, change: dict[str, Any], message: str
) -> None:
    import json  # noqa: PLC0415 - httpx would refuse to encode a lone surrogate

    batch = {"requestId": "bad-events", "agentName": "gymcoach", "events": []} | change
    url = demo.agents["gymcoach"].control_url
    response = http.post(url + "/events", content=json.dumps(batch).encode())
    assert response.status_code == 400
    assert response.json()["error"] == "BadRequest"
    assert response.json()["message"].startswith(message)


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[]", 400), (b"[" * 60_000, 400), (b"x" * 70_000, 413)]
)
def test_a_body_that_is_no_batch_is_refused(
    demo: Demo, http: httpx.Client, body: bytes, status: int
) -> None:
    url = demo.agents["gymcoach"].control_url
    assert http.post(url + "/events", content=body).status_code == status


def test_an_agent_that_pushes_is_heard_both_ways(demo: Demo, http: httpx.Client) -> None:
    urls = demo.agents["fitness-tracker"]
    http.post(
        urls.proxy_url + "/chat",
        json={"message": "log 30 min of yoga"},
        headers={"x-request-id": "both-ways"},
    )
    deadline = time.monotonic() + 10
    while True:
        entries = http.get(urls.control_url + "/audit").json()
        entry = next(e for e in entries if e["requestId"] == "both-ways")
        if entry["reportedBy"] == ["headers", "events"]:
            break
        assert time.monotonic() < deadline, entry
        time.sleep(0.01)
    assert entry["toolsCalled"] == ["log-workout"]
    assert entry["modelCalls"] == ["fitness-rules-1"]
    assert entry["behavioralCompliant"] is True


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/agentspec/gap", 404),
        ("GET", "/gap/", 404),
        ("GET", "/events", 405),
        ("PUT", "/gap", 405),
    ],
)
def test_what_is_not_served_is_json_too(
    demo: Demo, http: httpx.Client, method: str, path: str, status: int
) -> None:
    response = http.request(method, demo.agents["gymcoach"].control_url + path)
    assert response.status_code == status
    assert response.json()["message"] == f"{method} {path} is not served here"
