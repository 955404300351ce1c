"""The control plane of a sidecar: health, gap, audit, explore, events and the A2A card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from agentrig.demo.bodies import json_app, read_json
from agentrig.demo.clock import utc_text
from agentrig.demo.events import batch_in
from agentrig.demo.policy import Mode
from agentrig.demo.probe import Probe, probe_agent

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from agentrig.demo.recorder import Recorder

__all__ = ["control_app"]

_LARGEST_BATCH_BYTES = 64 * 1024


def control_app(
    recorder: Recorder, *, client: httpx.AsyncClient, upstream: str, public_url: str
) -> Starlette:
    """Build the control plane; `public_url` is where callers find the agent's proxy."""
    control = _Control(recorder, client=client, upstream=upstream, public_url=public_url)
    return json_app(
        Route("/health/live", control.live),
        Route("/health/ready", control.ready),
        Route("/gap", control.gap),
        Route("/audit", control.audit),
        Route("/explore", control.explore),
        Route("/events", control.events, methods=["POST"]),
        Route("/capabilities", control.card),
        Route("/.well-known/agent.json", control.card),
    )


class _Control:
    def __init__(
        self, recorder: Recorder, *, client: httpx.AsyncClient, upstream: str, public_url: str
    ) -> None:
        self._recorder = recorder
        self._manifest = recorder.manifest
        self._client = client
        self._upstream = upstream
        self._public_url = public_url

    async def live(self, _request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(self, _request: Request) -> Response:
        probe = await probe_agent(self._client, self._upstream)
        checks = [*self._agent_checks(probe), await self._policy_check()]
        failed = sum(check["status"] == "fail" for check in checks)
        warned = sum(check["status"] == "warn" for check in checks)
        status = "unavailable" if failed else "degraded" if warned else "ready"
        answer = {
            "status": status,
            "source": probe.source,
            "agentName": self._manifest.name,
            "timestamp": utc_text(),
            "summary": {
                "passed": len(checks) - failed - warned,
                "failed": failed,
                "warnings": warned,
            },
            "checks": checks,
        }
        return JSONResponse(answer, status_code=503 if failed else 200)

    async def gap(self, _request: Request) -> Response:
        manifest = self._manifest
        probe = await probe_agent(self._client, self._upstream)
        issues = [
            {
                "severity": issue.severity.value,
                "property": issue.property,
                "description": issue.description,
                "recommendation": issue.recommendation,
                "evidenceLevel": issue.evidence_level,
            }
            for issue in manifest.issues
        ]
        return JSONResponse(
            {
                "score": manifest.score,
                "issues": issues,
                "source": probe.source,
                "modelId": manifest.model.id,
                "observed": {
                    "hasHealthEndpoint": probe.live,
                    "hasCapabilitiesEndpoint": probe.tools is not None,
                    "upstreamTools": list(probe.tools or ()),
                },
            }
        )

    async def audit(self, _request: Request) -> Response:
        return JSONResponse(self._recorder.ring.to_json())

    async def explore(self, _request: Request) -> Response:
        manifest = self._manifest
        probe = await probe_agent(self._client, self._upstream)
        tools = [
            {
                "name": tool.name,
                "type": "function",
                "readOnly": tool.read_only,
                "destructive": tool.destructive,
                "status": _tool_status(tool.name, probe),
            }
            for tool in manifest.tools
        ]
        model = {
            "provider": manifest.model.provider,
            "id": manifest.model.id,
            "configStatus": "pass" if probe.ready else "unknown",
        }
        return JSONResponse(
            {
                "agent": {"name": manifest.name, "version": manifest.version},
                "source": probe.source,
                "model": model,
                "tools": tools,
            }
        )

    async def events(self, request: Request) -> Response:
        body = await read_json(request, limit_bytes=_LARGEST_BATCH_BYTES)
        batch = batch_in(body, agent=self._manifest.name)
        entry = await self._recorder.report(batch.request_id, batch.report)
        answer: dict[str, Any] = {"requestId": batch.request_id, "found": entry is not None}
        if entry is None:
            message = "no such request yet: its events wait for it"
            return JSONResponse(answer | {"message": message}, status_code=202)
        decision = entry.behavior_decision
        return JSONResponse(
            answer | {"opaViolations": list(decision.violations) if decision else []}
        )

    async def card(self, _request: Request) -> Response:
        manifest = self._manifest
        # A2A 0.2, AgentCard: the revision whose well-known name is agent.json.
        return JSONResponse(
            {
                "name": manifest.name,
                "description": manifest.description,
                "version": manifest.version,
                "url": self._public_url,
                "capabilities": {
                    "streaming": False,
                    "pushNotifications": False,
                    "stateTransitionHistory": False,
                },
                "defaultInputModes": ["application/json"],
                "defaultOutputModes": ["application/json"],
                "skills": [
                    {
                        "id": tool.name,
                        "name": tool.name,
                        "description": tool.description,
                        "tags": ["read" if tool.read_only else "write"],
                    }
                    for tool in manifest.tools
                ],
            }
        )

    def _agent_checks(self, probe: Probe) -> list[dict[str, Any]]:
        answers = {True: "pass", False: "fail"}
        checks: list[dict[str, Any]] = [
            {"id": "agent:live", "category": "agent", "status": answers[probe.live]},
            {"id": "agent:ready", "category": "agent", "status": answers[probe.ready]},
        ]
        for check in checks:
            check["latencyMs"] = probe.latency_ms
        for tool in self._manifest.tools:
            status = _tool_status(tool.name, probe)
            checks.append(
                {
                    "id": f"tool:{tool.name}",
                    "category": "tool",
                    "status": status if status == "pass" else "warn",
                }
            )
        return checks

    async def _policy_check(self) -> dict[str, Any]:
        mode = self._recorder.mode
        ready = mode is Mode.OFF or await self._recorder.policy.is_ready()
        # Without its policy server an enforcing sidecar refuses every request that it would judge.
        without = "fail" if mode is Mode.ENFORCE else "warn"
        status = "pass" if ready else without
        return {"id": "policy", "category": "policy", "status": status, "mode": mode.value}


def _tool_status(name: str, probe: Probe) -> str:
    if probe.tools is None:
        return "unknown"
    return "pass" if name in probe.tools else "fail"
