"""A real server that answers each path with the bytes it was told, however wrong they are."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Request", "ScriptedServer", "answer", "scripted_server"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def answer(
    status: int = 200,
    *,
    headers: Sequence[tuple[str, str | bytes]] = (),
    body: bytes = b"",
    length: int | None = None,
) -> bytes:
    """Make the bytes of a response; `length` lies about the body's."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Some Status"
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    for name, value in headers:
        raw = value if isinstance(value, bytes) else value.encode("latin-1")
        lines.append(name.encode() + b": " + raw)
    lines.append(f"content-length: {len(body) if length is None else length}".encode())
    return b"\r\n".join([*lines, b"", body])


class ScriptedServer:
    """`answers` maps paths to raw responses; None holds the request until the end.

    A response that is cut short, or empty, is followed by the end of the connection.
    """

    def __init__(self) -> None:
        self.answers: dict[str, bytes | None] = {}
        self.closing: set[str] = set()
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self) -> None:
        """Serve until `close`."""
        self._server.serve_forever(0.01)

    def close(self) -> None:
        """End; what is held is let go."""
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Run a server on a free port for as long as the context is open."""
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, script: ScriptedServer) -> None:
        self.script = script
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        script = self.server.script
        while request := self._read():
            script.requests.append(request)
            raw = script.answers.get(request.path, answer(404))
            if raw is None:
                script.ended.wait(30)
                return
            try:
                self.wfile.write(raw)
            except OSError:
                return
            if request.path in script.closing:
                return

    def _read(self) -> Request | None:
        try:
            # A client that speaks TLS begins with a byte that begins no method.
            if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                self.wfile.write(answer(400))
                return None
            first = self.rfile.readline().decode("latin-1").split()
            headers: dict[str, str] = {}
            while line := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
        except OSError:
            return None
        if len(first) < 2:
            return None
        return Request(method=first[0], path=first[1], headers=headers, body=body)
