from __future__ import annotations

from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import anyio
import pytest

from agentrig.demo.clients import internal_client
from agentrig.demo.embedded import running_demo
from agentrig.demo.manifests import AGENTS
from agentrig.demo.policy import BuiltinPolicy, Decision, Mode, OpaPolicy, PolicyInput
from agentrig.errors import InfraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

POLICY = Path(str(files("agentrig.demo") / "policy.rego"))
MISSING = "the server has no policy agentrig.demo: load what `agentrig demo policy` prints"

PHASES: tuple[Literal["request", "behavior"], ...] = ("request", "behavior")

INPUTS = [
    PolicyInput(
        phase=phase,
        manifest=manifest,
        method=method,
        path="/chat",
        guardrails_invoked=guardrails,
        tools_called=tools,
        user_confirmed=confirmed,
    )
    for phase in PHASES
    for manifest, method, guardrails, tools, confirmed in product(
        AGENTS.values(),
        ("GET", "HEAD", "OPTIONS", "POST", "get", ""),
        ((), ("pii_scrubber",), ("content_filter", "pii_scrubber", "other")),
        ((), ("place-order",), ("get-quote", "é'; <rm>", "rm", "rm")),
        (False, True),
    )
]


def ask_opa(url: str, *subjects: PolicyInput) -> list[Decision]:
    async def ask() -> list[Decision]:
        async with internal_client(timeout_s=5) as client:
            policy = OpaPolicy(url, client)
            return [await policy.decide(subject) for subject in subjects]

    return anyio.run(ask)


def ask_builtin(*subjects: PolicyInput) -> list[Decision]:
    async def ask() -> list[Decision]:
        return [await BuiltinPolicy().decide(subject) for subject in subjects]

    return anyio.run(ask)


def judge(name: str, *, method: str = "POST", **more: Any) -> Decision:
    subject = PolicyInput(
        phase="behavior", manifest=AGENTS[name], method=method, path="/chat", **more
    )
    return ask_builtin(subject)[0]


def test_real_opa_and_the_builtin_rules_decide_alike(opa: Callable[..., str]) -> None:
    decided = ask_opa(opa(POLICY), *INPUTS)
    expected = ask_builtin(*INPUTS)
    assert {decision.engine for decision in decided} == {"opa"}
    assert [(d.allowed, d.violations, d.error) for d in decided] == [
        (d.allowed, d.violations, d.error) for d in expected
    ]
    assert {d.allowed for d in expected} == {True, False}


def test_a_sidecar_asks_real_opa(
    opa: Callable[..., str],
    start_sidecar: Callable[..., Any],
    scripted_agent: Callable[[bytes], Any],
) -> None:
    agent = scripted_agent(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
    environment = {"OPA_PROXY_MODE": "enforce", "OPA_URL": opa(POLICY) + "/"}
    sidecar = start_sidecar("fitness-tracker", agent.url, **environment)
    refused = sidecar.proxy.post("/chat", json={})
    assert (refused.status_code, refused.json()["error"]) == (403, "PolicyViolation")
    assert refused.json()["violations"][0] == "guardrail 'content_filter' was not invoked"
    guarded = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
    assert sidecar.proxy.post("/chat", json={}, headers=guarded).status_code == 200
    assert [entry["opaEngine"] for entry in sidecar.audit()] == ["opa", "opa"]
    ready = sidecar.control.get("/health/ready").json()
    assert ready["checks"][-1] == {
        "id": "policy",
        "category": "policy",
        "status": "pass",
        "mode": "enforce",
    }


def test_the_embedded_demo_asks_real_opa(opa: Callable[..., str], http: httpx.Client) -> None:
    with running_demo(opa_url=opa(POLICY)) as running:
        urls = running.agents["research-agent"]
        assert http.post(urls.proxy_url + "/chat", json={"message": "hi"}).status_code == 200
        (entry,) = http.get(urls.control_url + "/audit").json()
    assert (entry["opaEngine"], entry["opaViolations"]) == (
        "opa",
        ["the agent declares no guardrails"],
    )


def test_opa_without_the_policy_has_not_decided(opa: Callable[..., str]) -> None:
    url = opa()
    (decision,) = ask_opa(url, INPUTS[0])
    assert (decision.allowed, decision.error) == (None, MISSING)
    with pytest.raises(InfraError, match=f"OPA_URL does not decide: {MISSING}"):  # noqa: SIM117 - the demo must not start
        with running_demo(opa_url=url):
            pass


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"nope", "did not answer with JSON"),
        (b"[" * 9000, "did not answer with JSON"),
        (b"[]", "has no policy"),
        (b'{"result": 5}', "has no policy"),
        (b'{"result": {"allow": "yes", "violations": []}}', "gives no 'allow' and 'violations'"),
        (b'{"result": {"allow": true}}', "gives no 'allow' and 'violations'"),
        (b'{"result": {"allow": true, "violations": [5]}}', "gives no 'allow' and 'violations'"),
    ],
)
def test_a_server_that_answers_nonsense_has_not_decided(
    scripted_agent: Callable[[bytes], Any], body: bytes, error: str
) -> None:
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    (decision,) = ask_opa(scripted_agent(head + body).url, INPUTS[0])
    assert decision.allowed is None
    assert decision.error is not None
    assert error in decision.error


def test_a_server_that_fails_has_not_decided(scripted_agent: Callable[[bytes], Any]) -> None:
    answer = b"HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    (decision,) = ask_opa(scripted_agent(answer).url, INPUTS[0])
    assert decision.allowed is None
    assert decision.error is not None
    assert "500" in decision.error


def test_reading_is_free_and_acting_needs_each_guardrail() -> None:
    assert judge("gymcoach", method="GET").allowed is True
    assert judge("gymcoach", guardrails_invoked=("pii_scrubber",)).violations == (
        "guardrail 'content_filter' was not invoked",
    )
    assert judge("research-agent").violations == ("the agent declares no guardrails",)


def test_destructive_tools_need_confirmation_and_others_a_declaration() -> None:
    order: dict[str, Any] = {
        "guardrails_invoked": ("pii_scrubber",),
        "tools_called": ("place-order",),
    }
    assert judge("trading-bot", **order).violations == (
        "tool 'place-order' was called without the user's confirmation",
    )
    assert judge("trading-bot", **order, user_confirmed=True).allowed is True
    assert judge("trading-bot", method="GET", tools_called=("x",)).violations == (
        "tool 'x' is not declared",
    )


def test_a_mode_that_is_none_says_what_there_is() -> None:
    assert Mode.parse("enforce") is Mode.ENFORCE
    with pytest.raises(UsageError, match="OPA_PROXY_MODE is 'bogus': use track, enforce or off"):
        Mode.parse("bogus")
