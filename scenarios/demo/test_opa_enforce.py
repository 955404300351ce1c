"""Enforce mode blocks what track mode records: the sidecar's deployment is patched and restored.

The same module runs in a cluster and in the embedded demo. It changes what every caller of
fitness-tracker sees, so it does not run beside others that call that agent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentrig.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    AgentFixture = Callable[[str], Any]

pytestmark = [pytest.mark.usefixtures("demo_cluster"), pytest.mark.tag("e2e")]

AGENT = "fitness-tracker"
SIDECAR = f"deployment/{AGENT}-sidecar"
CHAT = {"message": "Log 30 min of running"}
GUARDED = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
ROLLOUT_WITHIN_S = 90
HEALTHY_WITHIN_S = 60
# A service may lead to the old pod for a moment: so many answers of the new one are believed.
IN_A_ROW = 5
# A connection that is kept leads to the pod that it was opened to, for as long as that is there.
CLOSE = {"connection": "close"}
STATUS_OF = {"enforce": 403, "track": 200}


def switch(cluster: Any, agent: AgentFixture, mode: str) -> Any:
    cluster.set_env(SIDECAR, {"OPA_PROXY_MODE": mode})
    cluster.wait_rollout(SIDECAR, timeout_s=ROLLOUT_WITHIN_S)
    tracker = agent(AGENT)
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    in_a_row = 0
    while in_a_row < IN_A_ROW:
        mode_now = mode_of(tracker)
        if mode_now == mode and (status := chat_status(tracker)) != STATUS_OF[mode]:
            mode_now = f"{mode}, but a chat without guardrails gets {status}"
        in_a_row = in_a_row + 1 if mode_now == mode else 0
        if time.monotonic() > deadline:
            pytest.fail(f"{SIDECAR} is not healthy in mode {mode}, but: {mode_now}")
        if mode_now != mode:
            time.sleep(0.1)
    return tracker


def mode_of(tracker: Any) -> str:
    """The policy mode of the sidecar that a new connection leads to, or what is wrong with it."""
    try:
        response = tracker.control.get("/health/ready", headers=CLOSE)
    except (httpx.TransportError, TargetError) as error:
        return repr(error)
    if response.status_code != 200:
        return str(response.text)
    return str(next(c["mode"] for c in response.json()["checks"] if c["id"] == "policy"))


def chat_status(tracker: Any) -> int | str:
    """What a chat without guardrails gets: its port is a service of its own."""
    try:
        return int(tracker.client.post("/chat", json=CHAT, headers=CLOSE).status_code)
    except (httpx.TransportError, TargetError) as error:
        return repr(error)


@pytest.fixture(scope="module")
def restored(cluster: Any) -> Iterator[None]:
    """Leave the sidecar in track mode, whatever happens."""
    try:
        yield
    finally:
        cluster.set_env(SIDECAR, {"OPA_PROXY_MODE": "track"})
        cluster.wait_rollout(SIDECAR, timeout_s=ROLLOUT_WITHIN_S)


@pytest.fixture
def enforcing(cluster: Any, agent: AgentFixture, restored: None) -> Any:  # noqa: ARG001 - its teardown
    return switch(cluster, agent, "enforce")


@pytest.fixture
def tracking(cluster: Any, agent: AgentFixture, restored: None) -> Any:  # noqa: ARG001 - its teardown
    return switch(cluster, agent, "track")


def test_opa_enforce_blocks_request_without_guardrail_headers(enforcing: Any) -> None:
    response = enforcing.client.post("/chat", json=CHAT, headers=CLOSE)
    assert response.status_code == 403, response.text
    answer = response.json()
    assert answer["error"] == "PolicyViolation"
    assert answer["blocked"] is True
    assert answer["violations"]


def test_opa_enforce_records_what_it_blocked(enforcing: Any) -> None:
    request_id = "demo-opa-enforce-blocked"
    enforcing.client.post("/chat", json=CHAT, headers={"x-request-id": request_id, **CLOSE})
    entries = [e for e in enforcing.control.get("/audit").json() if e["requestId"] == request_id]
    assert [(e["statusCode"], e["opaBlocked"]) for e in entries[-1:]] == [(403, True)]
    assert entries[-1]["toolsCalled"] == []


def test_opa_enforce_allows_request_with_guardrail_headers(enforcing: Any) -> None:
    response = enforcing.client.post("/chat", json=CHAT, headers=GUARDED | CLOSE)
    assert response.status_code == 200, response.text
    assert response.json()["toolsCalled"] == ["log-workout"]


@pytest.mark.parametrize("headers", [{}, GUARDED], ids=["bare", "guarded"])
def test_opa_track_mode_passes_all_requests(tracking: Any, headers: dict[str, str]) -> None:
    response = tracking.client.post("/chat", json=CHAT, headers=headers | CLOSE)
    assert response.status_code == 200, response.text
