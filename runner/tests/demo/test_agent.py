from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.demo.agent import take_turn
from agentrig.demo.manifests import AGENTS

if TYPE_CHECKING:
    import httpx

    from agentrig.demo.embedded import Demo


@pytest.fixture(params=AGENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_agent_is_live_ready_and_says_who_it_is(
    demo: Demo, http: httpx.Client, name: str
) -> None:
    app = demo.agents[name].app_url
    assert http.get(app + "/").json() == {"status": "ok", "agent": name, "version": "1.0.0"}
    assert http.get(app + "/health/live").json() == {"status": "live"}
    assert http.get(app + "/health/ready").json() == {"status": "ready", "agent": name}
    shown = http.get(app + "/capabilities").json()
    assert [tool["name"] for tool in shown["tools"]] == [t.name for t in AGENTS[name].tools]


def test_the_same_message_gets_the_same_answer(demo: Demo, http: httpx.Client) -> None:
    url = demo.agents["gymcoach"].app_url + "/chat"
    answers = [
        http.post(url, json={"message": "Plan my week"}, headers={"x-request-id": "same"}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["toolsCalled"] == ["plan-week"]
    assert answers[0]["answer"].startswith("Your week: Monday: upper body")
    assert answers[0]["model"] == "gymcoach-rules-1"
    assert answers[0]["requestId"] == "same"


def test_what_no_tool_is_for_gets_a_hint(demo: Demo, http: httpx.Client) -> None:
    url = demo.agents["voice-assistant"].app_url + "/chat"
    answer = http.post(url, json={"message": "test"}).json()
    assert answer["toolsCalled"] == []
    assert "seconds of a timer" in answer["answer"]


def test_headers_report_what_was_done(demo: Demo, http: httpx.Client) -> None:
    url = demo.agents["trading-bot"].app_url + "/chat"
    headers = http.post(url, json={"message": "buy 1 ACME, confirmed"}).headers
    assert headers["x-agentspec-tools-called"] == "place-order"
    assert headers["x-agentspec-guardrails-invoked"] == "pii_scrubber"
    assert headers["x-agentspec-user-confirmed"] == "true"


def test_an_agent_that_does_not_report_sends_no_headers(demo: Demo, http: httpx.Client) -> None:
    url = demo.agents["research-agent"].app_url + "/chat"
    headers = http.post(url, json={"message": "find ring"}).headers
    assert not [key for key in headers if key.startswith("x-agentspec-")]


def test_a_destructive_tool_waits_for_confirmation() -> None:
    turn = take_turn(AGENTS["trading-bot"], "buy 1 ACME")
    assert turn.tools_called == ()
    assert "needs your confirmation" in turn.answer


def test_a_refused_message_reaches_no_tool() -> None:
    turn = take_turn(AGENTS["gymcoach"], "plan my week with steroids")
    assert turn.answer == "I cannot help with that."
    assert turn.tools_called == ()
    assert turn.guardrails_invoked == ("pii_scrubber", "content_filter")


def test_personal_data_does_not_come_back() -> None:
    turn = take_turn(AGENTS["fitness-tracker"], "ann@example.org")
    assert "example.org" not in turn.answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"[]",
        b'"text"',
        b"{}",
        b'{"message": ""}',
        b'{"message": "  "}',
        b'{"message": 5}',
        b'{"message": NaN}',
        b'{"message": "\\ud800"}',
        b'{"message": "' + b"x" * 8001 + b'"}',
        b"[" * 60_000,
        b'{"message": ' + b"1" * 5000 + b"}",
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_bad_chat_is_a_400_that_says_why(demo: Demo, http: httpx.Client, body: bytes) -> None:
    response = http.post(demo.agents["gymcoach"].app_url + "/chat", content=body)
    assert response.status_code == 400
    answer = response.json()
    assert answer["error"] == "BadRequest"
    assert answer["message"].startswith(("the body is", "'message' must be a text"))


def test_a_chat_too_large_is_a_413(demo: Demo, http: httpx.Client) -> None:
    response = http.post(demo.agents["gymcoach"].app_url + "/chat", content=b"x" * 70_000)
    assert (response.status_code, response.json()["error"]) == (413, "PayloadTooLarge")


def test_what_is_not_served_is_json_too(demo: Demo, http: httpx.Client) -> None:
    app = demo.agents["gymcoach"].app_url
    missing = http.get(app + "/chat/")
    assert missing.status_code == 404
    assert missing.json() == {"error": "NotFound", "message": "GET /chat/ is not served here"}
    wrong = http.get(app + "/chat")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
