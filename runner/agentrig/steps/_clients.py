"""The engine's one seam to an HTTP library: pyreqwest, whose connections a run shares.

Its import takes 4 ms where httpx takes 107, and 1,000 POSTs at 16 at once took a tenth of the
time. Fixtures of Python modules are given httpx. Redirects and cookies are ours: the library's
belong to a client, not to a request, and tell nothing of the way that was taken.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from agentrig import __version__
from agentrig.errors import TargetError
from agentrig.steps._cancelling import Cancellations
from agentrig.steps._cookies import CookieJar
from agentrig.steps._faults import fault_of
from agentrig.steps._inflate import ACCEPTED, InflateError, inflater_for
from agentrig.steps._messages import Form, NoAnswerError, Request, Response, Streamed
from agentrig.steps._size import describe_size
from agentrig.steps._tls import Tls
from agentrig.steps._way import Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from pyreqwest.multipart import FormBuilder
    from pyreqwest.request import StreamRequest
    from pyreqwest.response import Response as Answer

__all__ = ["Clients"]

# A connection must fail before its request runs out of time: the first means that the target
# cannot be reached, the second that the agent does not answer. Few values, because connections
# are shared between requests of equal ones alone.
_CONNECT_WAITS_S = (10.0, 7.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05)
_CONNECT_SHARE = 0.75

# Servers close what is idle, many after 2 or 5 s; a request that is sent at that very moment gets
# no answer. A new connection costs 0.2 ms.
_IDLE_S = 1.5

# The library reads so much of a body before it hands out the response: for a whole one this
# saves a change of threads, a quarter of a small request's time.
_READ_AHEAD = 1 << 16
# What a redirect says in words is read, so that its connection can be used again; not more.
_REDIRECT_BODY = 1 << 16

# How much of a body that is too large a report needs; its pieces have 8 KiB or more.
_SHOWN_BYTES = 1 << 14
_SHOWN_PIECES = 4

# A client of its own for http://, where no certificate is ever shown: to read the authorities that
# the system trusts takes each client 4 ms.
_PLAIN = Tls(verify=False)

# HTML standard, 4.10.21.8: how the names of a multipart form are escaped.
_IN_QUOTES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})

# The library's thread ends its last call into Python a little after the request. An interpreter
# that ends in between aborts the process: 4 of 10 that ended at once, none of 75 after 1 ms.
_SETTLE_S = 0.005
_settled_at = 0.0


class Clients:
    """HTTP for one run: connections are kept, and shared by all requests of equal settings."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._clients: dict[tuple[float, Tls | None, str], Client] = {}
        self._plain = None if _may_have_proxy() else _PLAIN
        self._is_open = False

    async def __aenter__(self) -> Self:
        """Serve within the running event loop."""
        self._is_open = True
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._is_open = False
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()
        if clients:
            _settle()

    async def send(self, request: Request) -> Response:
        """Send a request, follow its redirects, and read the whole response.

        Raises TargetError when no connection comes about, NoAnswerError when one did and then
        no response came in time or whole, UsageError for TLS files that cannot be used.
        """
        way = Way(request)
        while True:
            connect_s, response = _connect_wait(request), None
            built = await self._built(request, connect_s, _READ_AHEAD)
            cancelled = Cancellations()
            try:
                async with built as answer:
                    cancelled.heed()
                    response = way.response(request, answer)
                    await _read_body(answer, response, request.max_body)
                    cancelled.heed()
            except PyreqwestError as error:
                cancelled.heed()
                raise way.fault(error, connect_s, response) from error
            following = way.after(request, response) if request.redirects else None
            if following is None:
                return response
            request = following

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Streamed]:
        """Send a request, follow its redirects, and give the response once its head has come.

        A body that is not read to its end is abandoned, with its connection, when the context
        ends. Raises what `send` raises; so do the chunks.
        """
        way = Way(request)
        while True:
            connect_s, head = _connect_wait(request), None
            built = await self._built(request, connect_s, 0)
            cancelled = Cancellations()
            try:
                async with built as answer:
                    cancelled.heed()
                    head = way.response(request, answer)
                    following = way.after(request, head) if request.redirects else None
                    if following is None:
                        yield Streamed(
                            status=head.status,
                            headers=head.headers,
                            chunks=_chunks(answer, head, request, way),
                            url=head.url,
                            hops=head.hops,
                            cookies=head.cookies,
                        )
                        return
                    await answer.body_reader.read(_REDIRECT_BODY)
                    cancelled.heed()
            except PyreqwestError as error:
                cancelled.heed()
                raise way.fault(error, connect_s, head) from error
            request = following

    async def _built(self, request: Request, connect_s: float, read_ahead: int) -> StreamRequest:
        if not self._is_open:
            raise RuntimeError("Clients is used outside of its 'async with'")
        headers, url, tls = request.headers, request.url, request.tls
        if tls is None:
            key = (connect_s, self._plain if url[:7].lower() == "http://" else None, "")
            client = self._clients.get(key) or self._build(key)
        else:
            client, url, headers = await self._tls_client(connect_s, tls, request)
        if cookie := _cookie(request):
            headers = [*headers, ("cookie", cookie)]
        try:
            builder = client.request(request.method, url).headers(headers)
            if isinstance(request.body, Form):
                builder = builder.multipart(_form(request.body))
            elif request.body is not None:
                builder = builder.body_bytes(request.body)
            return (
                builder.timeout(_duration(request.timeout_s))
                .streamed_read_buffer_limit(read_ahead)
                .build_streamed()
            )
        except (PyreqwestError, ValueError) as error:
            raise fault_of(error, connect_s=connect_s, timeout_s=request.timeout_s) from error

    async def _tls_client(
        self, connect_s: float, tls: Tls, request: Request
    ) -> tuple[Client, str, list[tuple[str, str]]]:
        """Give the client for `tls`, and the URL and headers that lead to its server name."""
        parts = urlsplit(request.url)
        if tls.server_name is None or parts.scheme != "https" or parts.hostname is None:
            key = (connect_s, tls, "")
            return self._clients.get(key) or self._build(key), request.url, request.headers
        port = parts.port or 443
        key = (connect_s, tls, f"{parts.hostname}:{port}")
        client = self._clients.get(key)
        if client is None:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.getaddrinfo(parts.hostname, port)
            except OSError as error:
                raise TargetError(str(error.strerror or error)) from error
            client = self._build(key, address=found[0][4][0], port=port)
        user, at, host = parts.netloc.rpartition("@")
        named = parts._replace(netloc=f"{user}{at}{tls.server_name}:{port}")
        headers = request.headers
        if not any(name.lower() == "host" for name, _ in headers):
            headers = [*headers, ("host", host)]
        return client, named.geturl(), headers

    def _build(
        self, key: tuple[float, Tls | None, str], address: str | int = "", port: int = 0
    ) -> Client:
        connect_s, tls, _ = key
        builder = (
            ClientBuilder()
            .user_agent(f"agentrig/{__version__}")
            # A request's own header goes before it.
            .default_headers([("accept-encoding", ACCEPTED)])
            .follow_redirects(enable=False)
            # The library's own decompression hides that there was any.
            .gzip(enable=False)
            .deflate(enable=False)
            .pool_idle_timeout(timedelta(seconds=_IDLE_S))
            .connect_timeout(timedelta(seconds=connect_s))
        )
        if tls and tls.server_name and address:
            builder = builder.resolve(tls.server_name, str(address), port)
        # Of two requests that waited for an address at once, the later one's client is kept.
        client = self._clients[key] = tls.build(builder) if tls else builder.build()
        return client


def _may_have_proxy() -> bool:
    """Tell whether plain requests may go through a proxy, which may have to show a certificate."""
    if sys.platform != "linux":
        return True  # its settings may name one
    return any(name.lower() in {"http_proxy", "all_proxy"} for name in os.environ)


def _settle() -> None:
    global _settled_at  # noqa: PLW0603  # there is one interpreter, whose end waits for all clients
    _settled_at = time.monotonic() + _SETTLE_S


@atexit.register
def _wait_until_settled() -> None:
    time.sleep(max(0.0, _settled_at - time.monotonic()))


@lru_cache(maxsize=64)
def _duration(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _connect_wait(request: Request) -> float:
    longest = request.timeout_s * _CONNECT_SHARE
    if request.connect_timeout_s <= longest:
        return request.connect_timeout_s
    return next((wait for wait in _CONNECT_WAITS_S if wait <= longest), _CONNECT_WAITS_S[-1])


def _cookie(request: Request) -> str | None:
    """Give the cookies to send, unless the headers have their own."""
    cookie = (request.jar or CookieJar()).header(request.url, request.cookies)
    if cookie and any(name.lower() == "cookie" for name, _ in request.headers):
        return None
    return cookie


def _form(form: Form) -> FormBuilder:
    from pyreqwest.multipart import FormBuilder, PartBuilder  # noqa: PLC0415  # few steps send one

    # RFC 7578, 4.2 forbids the `name*=` that the library writes otherwise.
    builder = FormBuilder().percent_encode_noop()
    for part in form.parts:
        built = PartBuilder.from_bytes(part.content)
        if part.filename is not None:
            built = built.file_name(part.filename.translate(_IN_QUOTES))
        if part.content_type is not None:
            built = built.mime(part.content_type)
        builder = builder.part(part.name.translate(_IN_QUOTES), built)
    return builder


async def _read_body(answer: Answer, response: Response, limit: int) -> None:
    """Put the body into `response`: never more than `limit` bytes, and none past them is read."""
    length = answer.get_header("content-length")
    if length and length.isdigit() and int(length) <= limit:
        # Piece by piece takes a third longer, for each comes from another thread.
        response.body = (await answer.bytes()).to_bytes()
    else:
        response.body = await _read_pieces(answer, response, limit)
    inflater = inflater_for(response.headers, limit)
    if inflater is None:
        return
    try:
        inflated = inflater.feed(response.body)
        inflater.finish()
    except InflateError as error:
        raise NoAnswerError(f"no whole response: {error}", response) from error
    if len(inflated) > limit:
        raise _too_large(response, limit, inflated)
    response.body = inflated


async def _read_pieces(answer: Answer, response: Response, limit: int) -> bytes:
    """Read a body whose length is not known, or too large."""
    reader, pieces, size = answer.body_reader, [], 0
    length = answer.get_header("content-length")
    while (piece := await reader.read_chunk()) is not None:
        pieces.append(piece)
        size += len(piece)
        if size > limit or length:
            raise _too_large(response, limit, b"".join(pieces[:_SHOWN_PIECES]))
    return pieces[0].to_bytes() if len(pieces) == 1 else b"".join(pieces)


async def _chunks(
    answer: Answer, head: Response, request: Request, way: Way
) -> AsyncIterator[bytes]:
    reader, limit, size = answer.body_reader, request.max_body, 0
    inflater = inflater_for(head.headers, limit)
    cancelled = Cancellations()
    try:
        while (piece := await reader.read_chunk()) is not None:
            cancelled.heed()
            data = inflater.feed(piece.to_bytes()) if inflater else piece.to_bytes()
            size += len(data)
            if size > limit:
                raise _too_large(head, limit, data)
            if data:
                yield data
                cancelled = Cancellations()
        cancelled.heed()
        if inflater:
            inflater.finish()
    except InflateError as error:
        raise NoAnswerError(f"no whole response: {error}", head) from error
    except PyreqwestError as error:
        cancelled.heed()
        raise way.fault(error, _connect_wait(request), head) from error


def _too_large(response: Response, limit: int, begin: bytes) -> NoAnswerError:
    """Keep the begin of a body for the report, and let the rest go."""
    response.body = begin[: min(limit, _SHOWN_BYTES)]
    problem = f"the response's body is larger than {describe_size(limit)}, its limit ('max_body')"
    return NoAnswerError(problem, response)
