"""Enforce mode blocks what track mode records: the sidecar's deployment is patched and restored.

The same module runs in a cluster and in the embedded demo. It changes what every caller of
fitness-tracker sees, so it does not run beside others that call that agent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    AgentFixture = Callable[[str], Any]

pytestmark = pytest.mark.usefixtures("demo_cluster")

AGENT = "fitness-tracker"
SIDECAR = f"deployment/{AGENT}-sidecar"
CHAT = {"message": "Log 30 min of running"}
GUARDED = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
ROLLOUT_WITHIN_S = 90
HEALTHY_WITHIN_S = 60


def switch(cluster: Any, agent: AgentFixture, mode: str) -> None:
    cluster.set_env(SIDECAR, {"OPA_PROXY_MODE": mode})
    cluster.wait_rollout(SIDECAR, timeout_s=ROLLOUT_WITHIN_S)
    wait_healthy(agent, mode)


def wait_healthy(agent: AgentFixture, mode: str) -> None:
    """Wait until the sidecar that answers is ready and in this mode, and no older one."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    seen = "nothing"
    while time.monotonic() < deadline:
        try:
            response = agent(AGENT).control.get("/health/ready")
        except httpx.TransportError as error:
            seen = repr(error)
        else:
            seen = response.text
            modes = [check.get("mode") for check in response.json().get("checks", [])]
            if response.status_code == 200 and mode in modes:
                return
        time.sleep(0.1)
    pytest.fail(f"{SIDECAR} was not healthy in {mode} mode within {HEALTHY_WITHIN_S} s: {seen}")


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
    switch(cluster, agent, "enforce")
    return agent(AGENT)


@pytest.fixture
def tracking(cluster: Any, agent: AgentFixture, restored: None) -> Any:  # noqa: ARG001 - its teardown
    switch(cluster, agent, "track")
    return agent(AGENT)


def test_opa_enforce_blocks_request_without_guardrail_headers(enforcing: Any) -> None:
    response = enforcing.client.post("/chat", json=CHAT)
    assert response.status_code == 403, response.text
    answer = response.json()
    assert answer["error"] == "PolicyViolation"
    assert answer["blocked"] is True
    assert answer["violations"]


def test_opa_enforce_records_what_it_blocked(enforcing: Any) -> None:
    request_id = "demo-opa-enforce-blocked"
    enforcing.client.post("/chat", json=CHAT, headers={"x-request-id": request_id})
    entries = [e for e in enforcing.control.get("/audit").json() if e["requestId"] == request_id]
    assert [(e["statusCode"], e["opaBlocked"]) for e in entries[-1:]] == [(403, True)]
    assert entries[-1]["toolsCalled"] == []


def test_opa_enforce_allows_request_with_guardrail_headers(enforcing: Any) -> None:
    response = enforcing.client.post("/chat", json=CHAT, headers=GUARDED)
    assert response.status_code == 200, response.text
    assert response.json()["toolsCalled"] == ["log-workout"]


@pytest.mark.parametrize("headers", [{}, GUARDED], ids=["bare", "guarded"])
def test_opa_track_mode_passes_all_requests(tracking: Any, headers: dict[str, str]) -> None:
    response = tracking.client.post("/chat", json=CHAT, headers=headers)
    assert response.status_code == 200, response.text
