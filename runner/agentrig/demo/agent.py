"""An agent: `POST /chat` picks tools by rules, calls them, and reports what it did."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from agentrig.demo import headers
from agentrig.demo.bodies import is_plain_text, json_app, read_json
from agentrig.demo.clients import internal_client
from agentrig.demo.guardrails import GUARDRAILS, RefusedError
from agentrig.demo.manifests import Manifest, Reporting
from agentrig.demo.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Turn", "agent_app", "take_turn"]

_LARGEST_CHAT_BYTES = 64 * 1024
_LONGEST_MESSAGE = 8_000
_PUSH_WITHIN_S = 2.0
_CONFIRMED = re.compile(r"\bconfirm(?:ed)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an agent answered and did for one message."""

    answer: str
    tools_called: tuple[str, ...] = ()
    guardrails_invoked: tuple[str, ...] = ()
    user_confirmed: bool = False


def take_turn(manifest: Manifest, message: str) -> Turn:
    """Answer a message: guardrails first, then every tool that the message asks for."""
    confirmed = bool(_CONFIRMED.search(message))
    invoked: list[str] = []
    try:
        for guardrail in manifest.guardrails:
            invoked.append(guardrail)
            message = GUARDRAILS[guardrail](message)
    except RefusedError as refusal:
        return Turn(
            answer=str(refusal), guardrails_invoked=tuple(invoked), user_confirmed=confirmed
        )
    sentences: list[str] = []
    called: list[str] = []
    for tool in manifest.tools:
        sentence = TOOLS[tool.name](message)
        if sentence is None:
            continue
        if tool.destructive and not confirmed:
            sentences.append(f"{tool.name} needs your confirmation: send it again with 'confirm'.")
            continue
        called.append(tool.name)
        sentences.append(sentence)
    return Turn(
        answer=" ".join(sentences) or _help(manifest),
        tools_called=tuple(called),
        guardrails_invoked=tuple(invoked),
        user_confirmed=confirmed,
    )


@asynccontextmanager
async def agent_app(
    manifest: Manifest, *, sidecar_url: str | None = None
) -> AsyncIterator[Starlette]:
    """Build an agent's application; an agent that pushes events pushes them to `sidecar_url`."""
    async with internal_client(timeout_s=_PUSH_WITHIN_S) as client:
        agent = _Agent(manifest, client=client, sidecar_url=sidecar_url)
        yield json_app(
            Route("/", agent.root),
            Route("/chat", agent.chat, methods=["POST"]),
            Route("/capabilities", agent.capabilities),
            Route("/health/live", agent.live),
            Route("/health/ready", agent.ready),
        )


class _Agent:
    def __init__(
        self, manifest: Manifest, *, client: httpx.AsyncClient, sidecar_url: str | None
    ) -> None:
        self._manifest = manifest
        self._client = client
        self._events_url = sidecar_url and sidecar_url.rstrip("/") + "/events"

    async def root(self, _request: Request) -> Response:
        name, version = self._manifest.name, self._manifest.version
        return JSONResponse({"status": "ok", "agent": name, "version": version})

    async def live(self, _request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(self, _request: Request) -> Response:
        return JSONResponse({"status": "ready", "agent": self._manifest.name})

    async def capabilities(self, _request: Request) -> Response:
        manifest = self._manifest
        return JSONResponse(
            {
                "agent": manifest.name,
                "version": manifest.version,
                "model": {"provider": manifest.model.provider, "id": manifest.model.id},
                "tools": [{"name": t.name, "description": t.description} for t in manifest.tools],
                "guardrails": list(manifest.guardrails),
            }
        )

    async def chat(self, request: Request) -> Response:
        body = await read_json(request, limit_bytes=_LARGEST_CHAT_BYTES)
        message = body.get("message")
        if not isinstance(message, str) or not is_plain_text(message, at_most=_LONGEST_MESSAGE):
            raise HTTPException(
                400, f"'message' must be a text of 1 to {_LONGEST_MESSAGE:,} characters"
            )
        turn = take_turn(self._manifest, message)
        request_id = headers.request_id_of(request.headers.raw)
        answer = {
            "agent": self._manifest.name,
            "answer": turn.answer,
            "toolsCalled": list(turn.tools_called),
            "model": self._manifest.model.id,
            "requestId": request_id,
        }
        return JSONResponse(
            answer, headers=self._report(turn), background=self._push(request_id, turn)
        )

    def _report(self, turn: Turn) -> dict[str, str]:
        if Reporting.HEADERS not in self._manifest.reporting:
            return {}
        return {
            headers.GUARDRAILS_INVOKED.decode(): ",".join(turn.guardrails_invoked),
            headers.TOOLS_CALLED.decode(): ",".join(turn.tools_called),
            headers.USER_CONFIRMED.decode(): str(turn.user_confirmed).lower(),
        }

    def _push(self, request_id: str, turn: Turn) -> BackgroundTask | None:
        if Reporting.EVENTS not in self._manifest.reporting or self._events_url is None:
            return None
        events: list[dict[str, Any]] = [
            {"type": "guardrail", "guardrailType": name, "invoked": True, "blocked": False}
            for name in turn.guardrails_invoked
        ]
        events += [{"type": "tool", "name": name, "success": True} for name in turn.tools_called]
        events.append({"type": "model", "modelId": self._manifest.model.id})
        batch = {"requestId": request_id, "agentName": self._manifest.name, "events": events}
        return BackgroundTask(self._send, self._events_url, batch)

    async def _send(self, url: str, batch: dict[str, Any]) -> None:
        try:
            await self._client.post(url, json=batch)
        except httpx.HTTPError:
            # The answer has gone out: a sidecar that is down costs the record, not the chat.
            return


def _help(manifest: Manifest) -> str:
    can = "; ".join(tool.description[0].lower() + tool.description[1:] for tool in manifest.tools)
    return f"Nothing to do for that. Ask me for: {can}."
