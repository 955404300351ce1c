"""An HTTP server on the node, which pods can reach: it keeps what it is sent."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from e2e.commands import kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Received", "Receiver", "node_address", "running_receiver"]


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """The server's URL, and what it has received; `answers` are bodies by the start of a path."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)


def node_address() -> str:
    """Give the address at which pods find what runs beside the cluster: that of its node."""
    path = "{.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    return kubectl("get", "nodes", "-o", f"jsonpath={path}")


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Start a server that says 200 to everything."""
    host = node_address()
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            one = Received(self.command, self.path, dict(self.headers), self.rfile.read(length))
            receiver.received.append(one)
            found = (answer for start, answer in receiver.answers.items() if start in self.path)
            body = next(found, json.dumps({"ok": True}).encode())
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = _take  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    receiver.url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
