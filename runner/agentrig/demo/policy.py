"""The policy decision: Open Policy Agent where OPA_URL is set, else the same rules built in.

`policy.rego` beside this file is the policy; load it into the server that OPA_URL names.
Where that server cannot decide (it is down, slow, has no such policy, answers nonsense), there
is no decision: `track` lets the request pass and records the error, `enforce` refuses it with
503 PolicyUnavailable. A guard that cannot see must not wave people through.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from agentrig.errors import UsageError

if TYPE_CHECKING:
    import httpx

    from agentrig.demo.manifests import Manifest

__all__ = ["BuiltinPolicy", "Decision", "Mode", "OpaPolicy", "Policy", "PolicyInput"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DECIDE_WITHIN_S = 2.0
# The v1 data API and the package of policy.rego.
_DOCUMENT = "/v1/data/agentrig/demo"


class Mode(StrEnum):
    """What a decision does: it is only recorded, it blocks, or it is not asked for."""

    TRACK = "track"
    ENFORCE = "enforce"
    OFF = "off"

    @classmethod
    def parse(cls, text: str) -> Mode:
        """Read OPA_PROXY_MODE; raise `UsageError` for any other word."""
        try:
            return cls(text)
        except ValueError:
            raise UsageError(f"OPA_PROXY_MODE is '{text}': use track, enforce or off") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy says. `allowed` is None, and `error` says why, where it could not decide."""

    engine: Literal["builtin", "opa"]
    allowed: bool | None
    violations: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInput:
    """What is judged: a request as it comes in, or what the agent reported of it later."""

    phase: Literal["request", "behavior"]
    manifest: Manifest
    method: str
    path: str
    guardrails_invoked: tuple[str, ...] = ()
    tools_called: tuple[str, ...] = ()
    user_confirmed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Shape the input document of policy.rego."""
        return {
            "phase": self.phase,
            "agent": self.manifest.name,
            "method": self.method,
            "path": self.path,
            "guardrails": {
                "required": list(self.manifest.guardrails),
                "invoked": list(self.guardrails_invoked),
            },
            "tools": {
                "declared": [tool.name for tool in self.manifest.tools],
                "destructive": [tool.name for tool in self.manifest.tools if tool.destructive],
                "called": list(self.tools_called),
            },
            "user_confirmed": self.user_confirmed,
        }


class Policy(Protocol):
    """Something that decides; it never raises for a server's failure."""

    async def decide(self, subject: PolicyInput) -> Decision:
        """Judge one input."""

    async def is_ready(self) -> bool:
        """Whether a decision can be had now."""


class BuiltinPolicy:
    """The rules of policy.rego, in Python."""

    async def decide(self, subject: PolicyInput) -> Decision:
        """Judge one input; violations are sorted, as a set in Rego is."""
        violations = tuple(sorted(set(_violations(subject))))
        return Decision(engine="builtin", allowed=not violations, violations=violations)

    async def is_ready(self) -> bool:
        """Need nothing: always true."""
        return True


class OpaPolicy:
    """A real Open Policy Agent, asked through its data API."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url.rstrip("/")
        self._client = client

    async def decide(self, subject: PolicyInput) -> Decision:
        """Judge one input; a server that does not decide within 2 s has not decided."""
        import httpx  # noqa: PLC0415 - paid when used

        try:
            response = await self._client.post(
                self._url + _DOCUMENT, json={"input": subject.to_json()}, timeout=_DECIDE_WITHIN_S
            )
            response.raise_for_status()
            return _decision_in(response.json())
        except httpx.HTTPError as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            return _undecided(f"{self._url} cannot be asked: {reason}")
        except (ValueError, RecursionError):
            return _undecided(f"{self._url} did not answer with JSON")

    async def is_ready(self) -> bool:
        """Ask the server's own health endpoint."""
        import httpx  # noqa: PLC0415 - paid when used

        try:
            response = await self._client.get(self._url + "/health", timeout=_DECIDE_WITHIN_S)
        except httpx.HTTPError:
            return False
        return response.is_success


def _violations(subject: PolicyInput) -> list[str]:
    manifest = subject.manifest
    declared = {tool.name for tool in manifest.tools}
    destructive = {tool.name for tool in manifest.tools if tool.destructive}
    found = []
    if subject.method not in _SAFE_METHODS:
        if not manifest.guardrails:
            found.append("the agent declares no guardrails")
        found += [
            f"guardrail '{name}' was not invoked"
            for name in manifest.guardrails
            if name not in subject.guardrails_invoked
        ]
    for name in subject.tools_called:
        if name not in declared:
            found.append(f"tool '{name}' is not declared")
        if name in destructive and not subject.user_confirmed:
            found.append(f"tool '{name}' was called without the user's confirmation")
    return found


def _decision_in(answer: object) -> Decision:
    # OPA answers {} for a document that is not defined: the policy is not loaded.
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        return _undecided(
            "the server has no policy agentrig.demo: load what `agentrig demo policy` prints"
        )
    allowed, violations = result.get("allow"), result.get("violations")
    if (
        not isinstance(allowed, bool)
        or not isinstance(violations, list)
        or not all(isinstance(violation, str) for violation in violations)
    ):
        return _undecided("the policy agentrig.demo gives no 'allow' and 'violations'")
    return Decision(engine="opa", allowed=allowed, violations=tuple(violations))


def _undecided(error: str) -> Decision:
    return Decision(engine="opa", allowed=None, error=error)
