"""The proxy of a sidecar: every request to the agent passes here, is judged and recorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from agentrig.demo import headers
from agentrig.demo.audit import Entry
from agentrig.demo.bodies import error_response, on_http_error, read_body
from agentrig.demo.clock import utc_text
from agentrig.demo.policy import Mode

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from agentrig.demo.policy import Decision
    from agentrig.demo.recorder import Recorder

__all__ = ["Proxy"]

_LARGEST_REQUEST_BYTES = 1024 * 1024


class Proxy:
    """An ASGI application that forwards any method and path to one agent.

    Request bodies are held whole, up to 1 MiB, so that the agent sees none of one that is too
    large; answers are streamed. A request that never reached the agent is in the ring too, with
    the status that its caller got.
    """

    def __init__(self, recorder: Recorder, *, client: httpx.AsyncClient, upstream: str) -> None:
        self._recorder = recorder
        self._client = client
        self._upstream = httpx.URL(upstream)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange = _Exchange(Request(scope, receive))
        try:
            body = await read_body(exchange.request, limit_bytes=_LARGEST_REQUEST_BYTES)
            outgoing = self._outgoing(exchange, body)
        except HTTPException as error:
            refusal = await on_http_error(exchange.request, error)
            await self._refuse(exchange, refusal, scope, receive, send)
            return
        decision = await self._recorder.judge_request(
            exchange.request.method,
            exchange.request.scope["path"],
            guardrails=headers.names_in(exchange.fields, headers.GUARDRAILS_INVOKED),
        )
        if self._recorder.mode is Mode.ENFORCE and decision and not decision.allowed:
            exchange.decision, exchange.blocked = decision, True
            await self._refuse(exchange, _blocked(decision), scope, receive, send)
            return
        exchange.decision = decision
        try:
            incoming = await self._client.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            await self._refuse(exchange, self._unavailable(error), scope, receive, send)
            return
        try:
            await self._pass_on(exchange, incoming, scope, receive, send)
        finally:
            await incoming.aclose()

    def _outgoing(self, exchange: _Exchange, body: bytes) -> httpx.Request:
        target = exchange.request.scope["raw_path"]
        # Only RFC 9112's origin form: an absolute or "@host" target would name another server.
        if not target.startswith(b"/"):
            raise HTTPException(400, "the request target must start with '/'")
        if query := exchange.request.scope["query_string"]:
            target += b"?" + query
        try:
            url = self._upstream.copy_with(raw_path=target)
        except httpx.InvalidURL:
            raise HTTPException(400, "the request target is no valid path") from None
        dropped = {b"host", b"content-length", b"expect", headers.REQUEST_ID}
        fields = [
            (name, value)
            for name, value in headers.end_to_end(exchange.fields)
            if name not in dropped and not name.startswith(headers.PREFIX)
        ]
        fields.append((headers.REQUEST_ID, exchange.request_id.encode()))
        fields.append((b"via", b"1.1 agentrig-sidecar"))  # RFC 9110, 7.6.3
        # Made by hand: the client's own build_request would add its user-agent and encodings.
        return httpx.Request(exchange.request.method, url, headers=fields, content=body or None)

    async def _pass_on(
        self,
        exchange: _Exchange,
        incoming: httpx.Response,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        received = headers.end_to_end(incoming.headers.raw)
        entry = exchange.entry(incoming.status_code, self._recorder.mode)
        await self._recorder.record(entry, headers.report_in(received))
        response = StreamingResponse(incoming.aiter_raw(), status_code=incoming.status_code)
        response.raw_headers = [
            (name, value)
            for name, value in received
            if not name.startswith(headers.PREFIX) and name != headers.REQUEST_ID
        ]
        response.raw_headers.append((headers.REQUEST_ID, exchange.request_id.encode()))
        try:
            await response(scope, receive, send)
        except httpx.HTTPError:
            # The agent broke off inside its answer. Returning without the last chunk makes the
            # server drop the connection, which is how the caller learns that it is not whole.
            return

    async def _refuse(
        self, exchange: _Exchange, response: Response, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await self._recorder.record(exchange.entry(response.status_code, self._recorder.mode), None)
        response.headers["x-request-id"] = exchange.request_id
        await response(scope, receive, send)

    def _unavailable(self, error: httpx.HTTPError) -> Response:
        name = self._recorder.manifest.name
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, httpx.ReadTimeout):
            message = f"agent '{name}' at {self._upstream} did not answer in time"
            return error_response(504, "UpstreamTimeout", message)
        message = f"agent '{name}' cannot be reached at {self._upstream}: {reason}"
        return error_response(502, "UpstreamUnavailable", message)


class _Exchange:
    """One request on its way through, and what its ring entry will need."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.fields: headers.Fields = request.headers.raw
        self.request_id = headers.request_id_of(self.fields)
        self.decision: Decision | None = None
        self.blocked = False
        self._timestamp = utc_text()
        self._started = time.perf_counter()

    def entry(self, status_code: int, mode: Mode) -> Entry:
        return Entry(
            request_id=self.request_id,
            timestamp=self._timestamp,
            method=self.request.method,
            path=self.request.scope["path"],
            status_code=status_code,
            duration_ms=round((time.perf_counter() - self._started) * 1000, 3),
            policy_mode=mode.value,
            request_decision=self.decision,
            blocked=self.blocked,
        )


def _blocked(decision: Decision) -> Response:
    if decision.allowed is None:
        message = (
            f"no policy decision, and enforce mode lets nothing pass without: {decision.error}"
        )
        return error_response(503, "PolicyUnavailable", message, blocked=True, violations=[])
    message = "blocked by policy: " + "; ".join(decision.violations)
    violations = list(decision.violations)
    return error_response(403, "PolicyViolation", message, blocked=True, violations=violations)
