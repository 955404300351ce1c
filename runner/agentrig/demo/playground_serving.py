"""The playground's three doors: plain HTTP, TLS, and TLS that wants a client's certificate."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.demo.serving import Tls, listen, port_of, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator
    from contextlib import ExitStack

__all__ = ["FIXED_PORTS", "PlaygroundSockets", "PlaygroundUrls", "running_playground"]

FIXED_PORTS = (4010, 4011, 4012)
"""HTTP, TLS, and TLS with a client's certificate."""

# Made by ci/certificates; scenarios/examples/tls has the authority, and a client of it.
_TLS = Path(__file__).resolve().parent / "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundUrls:
    """Where the playground is reached."""

    url: str
    tls_url: str
    client_tls_url: str


class PlaygroundSockets:
    """The sockets of the doors, open from the beginning."""

    def __init__(self, stack: ExitStack, *, host: str, ports: tuple[int, int, int]) -> None:
        """Open them for as long as `stack` is; raise `PortInUseError` or `InfraError`."""
        self._host = host
        self.plain, self.tls, self.client_tls = (
            stack.enter_context(listen(host, port, what="the playground")) for port in ports
        )

    def urls(self) -> PlaygroundUrls:
        """Give the URLs of the doors."""
        return PlaygroundUrls(
            url=self._url("http", self.plain),
            tls_url=self._url("https", self.tls),
            client_tls_url=self._url("https", self.client_tls),
        )

    def _url(self, scheme: str, listener: socket.socket) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{port_of(listener)}"


@asynccontextmanager
async def running_playground(
    sockets: PlaygroundSockets, *, finish_within_s: int
) -> AsyncIterator[None]:
    """Serve one playground behind all three doors."""
    from agentrig.demo.playground import playground_app  # noqa: PLC0415 - brings starlette in

    app = playground_app()
    certificate, key = _TLS / "server.pem", _TLS / "server-key.pem"
    async with serving(
        dict.fromkeys((sockets.plain, sockets.tls, sockets.client_tls), app),
        tls={
            sockets.tls: Tls(certificate=certificate, key=key),
            sockets.client_tls: Tls(
                certificate=certificate, key=key, client_authority=_TLS / "ca.pem"
            ),
        },
        finish_within_s=finish_within_s,
    ):
        yield
