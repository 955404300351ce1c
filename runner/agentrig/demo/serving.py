"""Serving ASGI applications with uvicorn, on sockets that are open before a server starts."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from agentrig.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp

__all__ = ["PortInUseError", "Tls", "listen", "port_of", "serving"]

# Longer than any pause between the requests of one caller: a connection that the server closes
# at the very moment of reuse is an error that nobody can explain.
_KEEP_ALIVE_S = 60
_STARTED_EVERY_S = 0.001


class PortInUseError(InfraError):
    """A port that a demo server should listen on is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a socket is served with TLS; with `client_authority`, no client comes without its own."""

    certificate: Path
    key: Path
    client_authority: Path | None = None

    def options(self) -> dict[str, Any]:
        """Give uvicorn's words for it."""
        options: dict[str, Any] = {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        if self.client_authority is not None:
            options["ssl_ca_certs"] = str(self.client_authority)
            options["ssl_cert_reqs"] = ssl.CERT_REQUIRED
        return options


def listen(host: str, port: int, *, what: str) -> socket.socket:
    """Open a listening socket (port 0: any free one); raise `PortInUseError` or `InfraError`.

    Callers can connect as soon as this returns: they wait in the backlog until the server runs.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without it each
    # answer on a kept connection took 44 ms (Nagle's algorithm against delayed acknowledgement).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"port {port} on {host}, for {what}, is in use: "
                "stop what listens there, or choose other ports"
            ) from None
        raise InfraError(f"cannot listen on {host} port {port}, for {what}: {error}") from None
    return listener


def port_of(listener: socket.socket) -> int:
    """Read the port of a listening socket."""
    port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def serving(
    apps: Mapping[socket.socket, ASGIApp],
    *,
    finish_within_s: int,
    tls: Mapping[socket.socket, Tls] | None = None,
    websockets: bool = False,
) -> AsyncIterator[None]:
    """Serve each application on its socket; at the end, close all of them at once.

    `tls` says which sockets speak it. Requests in flight get `finish_within_s` to end. uvicorn takes over signals in the main
    thread alone; run this in another one.
    """
    import uvicorn  # noqa: PLC0415 - paid when used

    # With no handler at all, Python prints warnings to stderr; the demo's terminal is a report.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    servers = {
        listener: uvicorn.Server(
            uvicorn.Config(
                app,
                interface="asgi3",
                http="h11",
                ws="wsproto" if websockets else "none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=finish_within_s,
                **(tls[listener].options() if tls and listener in tls else {}),
            )
        )
        for listener, app in apps.items()
    }
    async with anyio.create_task_group() as tasks:
        for listener, server in servers.items():
            tasks.start_soon(partial(server.serve, sockets=[listener]))
        # uvicorn has no event for it, only this flag.
        while not all(server.started for server in servers.values()):  # noqa: ASYNC110 - see above
            await anyio.sleep(_STARTED_EVERY_S)
        try:
            yield
        finally:
            for server in servers.values():
                server.should_exit = True
