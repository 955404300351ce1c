"""The Kubernetes API as JSON: lightkube finds and authenticates, the objects stay as they came.

lightkube's own models know the fields of one version of Kubernetes and drop all others, on the
way there too: what a manifest misspells would never be refused.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agentrig.kubernetes._config import single_config
from agentrig.kubernetes._errors import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx2
    from lightkube import AsyncClient
    from lightkube.config.kubeconfig import SingleConfig

    from agentrig.kubernetes._settings import KubernetesSettings

__all__ = ["FIELD_MANAGER", "Api"]

FIELD_MANAGER = "agentrig"
# For a connection, and for each piece of an answer.
TIMEOUT_S = 10.0
# No object of etcd is longer; what logs without ever breaking a line is read in such pieces.
_LINE_BYTES = 4 * 1024 * 1024
# Of an answer that is no Status, as of a proxy in between.
_MESSAGE_CHARACTERS = 300
_BUSY, _BUSY_TIMES, _LONGEST_PAUSE_S = 429, 5, 10.0
_WRITES = frozenset({"POST", "PUT", "PATCH"})


class Api:
    """One connection to the API, opened at the first use. Raises what `explained` explains."""

    def __init__(self, settings: KubernetesSettings) -> None:
        """Connect to nothing yet."""
        self._settings = settings
        self._config: SingleConfig | None = None
        self._http: httpx2.AsyncClient | None = None
        self._exec_client: AsyncClient | None = None

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Any:
        """Send one request and give its JSON answer. Raises Refusal where it is no success.

        A busy server's wish to be asked later (429) is met, and what only reads is asked once
        more where the connection broke: a wait of a minute must not end with one of its hundreds
        of requests.
        """
        query = dict(params or {})
        if method in _WRITES:
            # Strict: a misspelled field is refused instead of dropped.
            query |= {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        request = self._connect().build_request(
            method,
            path,
            params=query,
            content=None if body is None else json.dumps(body).encode(),
            headers={} if body is None else {"content-type": content_type},
        )
        response = await self._send(request)
        for _ in range(_BUSY_TIMES):
            if response.status_code != _BUSY:
                break
            await asyncio.sleep(_retry_after_s(response.headers.get("retry-after")))
            response = await self._send(request)
        if not response.is_success:
            raise _refusal(response.status_code, response.content)
        return json.loads(response.content)

    @asynccontextmanager
    async def lines(
        self, path: str, *, params: Mapping[str, str], silence_s: float = TIMEOUT_S
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the lines of an answer one by one. Raises Refusal where it is no success.

        An answer that says nothing for `silence_s` ends as a connection that is broken.
        """
        import httpx2  # noqa: PLC0415  # comes with lightkube

        timeout = httpx2.Timeout(TIMEOUT_S, read=silence_s)
        streamed = self._connect().stream("GET", path, params=dict(params), timeout=timeout)
        async with streamed as response:
            if not response.is_success:
                raise _refusal(response.status_code, await response.aread())
            yield _lines(response.aiter_bytes())

    def exec_client(self) -> AsyncClient:
        """Give lightkube's own client, which speaks the protocol of `exec`."""
        if self._exec_client is None:
            from lightkube import AsyncClient  # noqa: PLC0415  # 200 ms, an extra

            self._exec_client = AsyncClient(config=self._configuration())
        return self._exec_client

    async def close(self) -> None:
        """Close the connections."""
        if self._http:
            await self._http.aclose()
        if self._exec_client:
            await self._exec_client.close()
        self._http = self._exec_client = None

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        import httpx2  # noqa: PLC0415  # comes with lightkube

        client = self._connect()
        try:
            return await client.send(request)
        except (httpx2.ReadError, httpx2.RemoteProtocolError):
            if request.method != "GET":
                raise
            return await client.send(request)

    def _connect(self) -> httpx2.AsyncClient:
        if self._http is None:
            import httpx2  # noqa: PLC0415  # comes with lightkube
            from lightkube.config import client_adapter  # noqa: PLC0415  # 200 ms, an extra

            self._http = client_adapter.AsyncClient(
                self._configuration(),
                client_adapter.ConnectionParams(timeout=httpx2.Timeout(TIMEOUT_S)),
            )
        return self._http

    def _configuration(self) -> SingleConfig:
        if self._config is None:
            settings = self._settings
            self._config = single_config(context=settings.context, server=settings.server)
        return self._config


async def _lines(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Split at line feeds alone: text may hold other characters that httpx breaks lines at."""
    rest = bytearray()
    async for piece in content:
        first, *others = piece.split(b"\n")
        rest += first
        for other in others:
            yield bytes(rest)
            rest = bytearray(other)
        if len(rest) > _LINE_BYTES:
            yield bytes(rest)
            rest.clear()
    if rest:
        yield bytes(rest)


def _retry_after_s(header: str | None) -> float:
    """Read how long to wait (RFC 9110, 10.2.3); the API server gives whole seconds."""
    return min(float(header), _LONGEST_PAUSE_S) if header and header.isdigit() else 1.0


def _refusal(status: int, content: bytes) -> Refusal:
    try:
        message = json.loads(content)["message"]
    except (ValueError, TypeError, KeyError):
        message = " ".join(content.decode(errors="replace").split())[:_MESSAGE_CHARACTERS]
    return Refusal(status, str(message) or "no reason is given")
