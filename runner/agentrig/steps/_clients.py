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

__all__ = ["Clients", "NoAnswerError", "Response"]

# AgentSpec's own runner waits this long for a connection, and for each read.
TIMEOUT_S = 10

# How hyper, below pyreqwest, marks a failure before the connection stood. Its error classes do
# not tell: a connection that breaks later is a ConnectError too, a late answer a connect timeout.
_NOT_CONNECTED = "client error (Connect)"


class NoAnswerError(Exception):
    """A target was reached, and then gave no usable response: the agent's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response that came whole; header names are in lower case."""

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
        wait = timedelta(seconds=TIMEOUT_S)
        self._client = (
            ClientBuilder()
            .user_agent(f"agentrig/{__version__}")
            .follow_redirects(enable=False)
            .connect_timeout(wait)
            .read_timeout(wait)
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
            if body is not None:
                builder = builder.body_bytes(body)
            response = await builder.build().send()
            content = bytes(await response.bytes())
            found = tuple((str(name), str(value)) for name, value in response.headers.items())
            return Response(status=response.status, headers=found, body=content)
        except pyreqwest_errors.RequestError as error:
            causes = _causes(error)
            if _NOT_CONNECTED in causes:
                raise TargetError(causes[-1]) from error
            if isinstance(error, pyreqwest_errors.RequestTimeoutError):
                raise NoAnswerError(f"no response within {TIMEOUT_S} s") from error
            raise NoAnswerError(f"no whole response: {causes[-1]}") from error
        except ValueError as error:
            # A URL, method or header that HTTP does not allow; BuilderError is one of them.
            causes = _causes(error)
            raise NoAnswerError(f"the request cannot be sent: {causes[-1]}") from error


def _causes(error: Exception) -> list[str]:
    """List what went wrong, the innermost cause last."""
    if isinstance(error, pyreqwest_errors.DetailedPyreqwestError):
        causes = [cause["message"] for cause in error.details.get("causes") or ()]
        return causes or [error.message]
    return [str(error)]
