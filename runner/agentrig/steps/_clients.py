"""The engine's one seam to an HTTP library: pyreqwest, whose connections a run shares.

Its import takes 4 ms where httpx takes 107, and 1,000 POSTs at 16 at once took a tenth of the
time. Fixtures of Python modules are given httpx.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from pyreqwest import exceptions as pyreqwest_errors
from pyreqwest.client import Client, ClientBuilder

from agentrig import __version__
from agentrig.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from pyreqwest.http import HeaderMap

__all__ = ["Clients", "NoAnswerError", "Response"]

# AgentSpec's own runner waits this long for a connection, and for each read.
TIMEOUT_S = 10
# Less, because the wait for a response begins with the wait for its connection: a target that a
# network policy cuts off must run out of this one, and be known as unreachable.
CONNECT_TIMEOUT_S = 9

# How hyper, below pyreqwest, marks a failure before the connection stood. Its error classes do
# not tell: a connection that breaks later is a ConnectError too, a late answer a connect timeout.
_NOT_CONNECTED = "client error (Connect)"

# What stands for a value that pyreqwest cannot hand out: it knows visible ASCII alone.
NOT_ASCII = "[not ASCII]"


class NoAnswerError(Exception):
    """A target was reached, and then gave no usable response: the agent's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response that came whole; header names are in lower case.

    `body` is decompressed, `headers` are as they came: `content-encoding` is still there.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Clients:
    """HTTP for one run: connections are kept and shared, redirects are not followed."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._client: Client | None = None

    async def __aenter__(self) -> Self:
        """Build the client within the event loop that it serves."""
        self._client = (
            ClientBuilder()
            .user_agent(f"agentrig/{__version__}")
            .follow_redirects(enable=False)
            # Its own decompression hides that there was any: see _decompressed.
            .gzip(enable=False)
            .deflate(enable=False)
            .brotli(enable=False)
            .zstd(enable=False)
            .connect_timeout(timedelta(seconds=CONNECT_TIMEOUT_S))
            .read_timeout(timedelta(seconds=TIMEOUT_S))
            .build()
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._client:
            await self._client.close()

    async def request(
        self, method: str, url: str, *, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> Response:
        """Send one request and read the whole response.

        Raises TargetError when no connection comes about, NoAnswerError when one did and then
        no response came in time or whole.
        """
        if self._client is None:
            raise RuntimeError("Clients is used outside of its 'async with'")
        try:
            builder = self._client.request(method, url).headers(headers)
            if not any(name.lower() == "accept-encoding" for name, _ in headers):
                builder = builder.header("accept-encoding", "gzip, deflate")
            if body is not None:
                builder = builder.body_bytes(body)
            response = await builder.build().send()
            content = bytes(await response.bytes())
            found = _readable(response.headers)
            return Response(
                status=response.status, headers=found, body=_decompressed(content, found)
            )
        except pyreqwest_errors.RequestError as error:
            causes = _causes(error)
            timeout = isinstance(error, pyreqwest_errors.RequestTimeoutError)
            if _NOT_CONNECTED in causes:
                late = f"no connection within {CONNECT_TIMEOUT_S} s"
                raise TargetError(late if timeout else causes[-1]) from error
            if timeout:
                raise NoAnswerError(f"no response within {TIMEOUT_S} s") from error
            raise NoAnswerError(f"no whole response: {causes[-1]}") from error
        except ValueError as error:
            # A URL, method or header that HTTP does not allow; BuilderError is one of them.
            causes = _causes(error)
            raise NoAnswerError(f"the request cannot be sent: {causes[-1]}") from error


def _readable(headers: HeaderMap) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(headers.items())
    except ValueError:
        found: list[tuple[str, str]] = []
        for name in dict.fromkeys(headers):
            try:
                found += [(name, value) for value in headers.getall(name)]
            except ValueError:
                found.append((name, NOT_ASCII))
        return tuple(found)


def _decompressed(body: bytes, headers: Sequence[tuple[str, str]]) -> bytes:
    """Undo the codings of RFC 9110, 8.4, that were asked for; the last one named comes first."""
    names = ",".join(value for name, value in headers if name == "content-encoding")
    for coding in reversed([name.strip().lower() for name in names.split(",")]):
        if coding in {"gzip", "x-gzip", "deflate"} and body:
            body = _inflated(body, coding)
    return body


def _inflated(body: bytes, coding: str) -> bytes:
    import zlib  # noqa: PLC0415  # few agents compress

    # 32 more bits let zlib tell gzip's header from its own; many servers send neither.
    for wbits in (zlib.MAX_WBITS + 32, -zlib.MAX_WBITS):
        inflater = zlib.decompressobj(wbits)
        try:
            return inflater.decompress(body) + inflater.flush()
        except zlib.error:
            continue
    raise NoAnswerError(f"no whole response: its body is not {coding}, as its headers say")


def _causes(error: Exception) -> list[str]:
    """List what went wrong, the innermost cause last."""
    if isinstance(error, pyreqwest_errors.DetailedPyreqwestError):
        causes = [cause["message"] for cause in error.details.get("causes") or ()]
        return causes or [error.message]
    return [str(error)]
