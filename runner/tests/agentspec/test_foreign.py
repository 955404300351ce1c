"""Scenario files written for AgentSpec's runner, dropped in unchanged and run by the real CLI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.events import ScenarioFinished
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.rig import Ran, Rig

FOREIGN = Path(__file__).parent / "foreign"

# Why each that does not pass does not, in the words of AgentSpec's runner.
MESSAGES = {
    "03-outage.yaml": "[Pay] expected status 200, got 503",
    "04-score.yaml": "[Gap] path '.score': expected 100, got 55",
    "05-policy.yaml": (
        "[Blocked] path '.violations[0].rule': expected to contain 'pii', got 'no-deletes'"
    ),
    "06-headers.yaml": "[Leak] header 'X-AgentSpec-Model' must be absent but is present",
}


def as_json(value: object, status: int = 200, *headers: tuple[str, str]) -> bytes:
    typed = [("content-type", "application/json"), *headers]
    return answer(status, headers=typed, body=json.dumps(value).encode())


@pytest.fixture
def servers() -> Iterator[tuple[ScriptedServer, ScriptedServer]]:
    with scripted_server() as proxy, scripted_server() as control:
        booking = {"message": "2 Plätze nach 京都"}
        proxy.answers = {
            "/": as_json({"status": "ready"}),
            "/chat": as_json({"echo": booking}, 201),
            "/pay": as_json({"receipt": 1}, 503),
            "/trips/7": as_json({"violations": [{"rule": "no-deletes"}]}, 403),
            "/leak": as_json({}, 200, ("x-request-id", "1"), ("x-agentspec-model", "m")),
        }
        control.answers = {
            "/health/live": as_json({"status": "live"}),
            "/audit?limit=2": as_json([{"method": "GET"}, {"method": "POST"}]),
            "/gap": as_json({"score": 55}),
        }
        yield proxy, control


@pytest.fixture
def ran(rig: Rig, servers: tuple[ScriptedServer, ScriptedServer]) -> Ran:
    proxy, control = servers
    for file in FOREIGN.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("CONTROL_PORT", str(control.port))
        rig.write(file.name, text.replace("PROXY_PORT", str(proxy.port)))
    return rig.run(".")


def test_verdicts_and_messages_are_agentspecs(
    ran: Ran, servers: tuple[ScriptedServer, ScriptedServer]
) -> None:
    assert ran.code == 1, ran.said
    messages = {one.scenario: one.message for one in ran.events(ScenarioFinished)}
    passed = dict.fromkeys((file.name for file in FOREIGN.glob("*.yaml")), None)
    assert messages == passed | MESSAGES
    for message in MESSAGES.values():
        assert message in ran.out
    proxy, control = servers
    assert "/never" not in {request.path for request in proxy.requests + control.requests}
    chat = next(request for request in proxy.requests if request.path == "/chat")
    assert chat.method == "POST"
    assert chat.headers["content-type"] == "application/json"
    assert json.loads(chat.body) == {
        "message": "Zwei Plätze nach 京都, bitte",
        "seats": 2,
        "window": [True, None, 1.5],
    }
