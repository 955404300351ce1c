"""A real server that takes messages, and answers each one as it is told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

__all__ = ["SECRET", "Answer", "WebhookServer", "webhook_server"]

SECRET = "B0RN5LIPPY0123456789"
"""What the paths of the URLs end with, and what must never be said."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one request is answered; one that `hangs` never is."""

    status: int = 200
    body: str = "ok"
    retry_after: str | None = None
    location: str | None = None
    hangs: bool = False
    drips: bool = False


class WebhookServer:
    """`answers` are given in turn, the last one again and again."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: list[Answer] = [Answer()]
        self.paths: list[str] = []
        self.raw: list[bytes] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.origin = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.origin}/services/{SECRET}"

    @property
    def messages(self) -> list[Any]:
        """The bodies that came, as JSON."""
        return [json.loads(body) for body in self.raw]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, body: bytes) -> Answer:
        with self._lock:
            self.paths.append(path)
            self.raw.append(body)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                answer = server._take(self.path, self.rfile.read(length))
                if answer.hangs:
                    server.ended.wait(60)
                    return
                if answer.drips:
                    while not server.ended.wait(0.05):
                        try:
                            self.wfile.write(b"H")
                            self.wfile.flush()
                        except OSError:
                            return
                    return
                self.send_response(answer.status)
                if answer.retry_after:
                    self.send_header("retry-after", answer.retry_after)
                if answer.location:
                    self.send_header("location", answer.location)
                body = answer.body.encode()
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def webhook_server(tls: ssl.SSLContext | None = None) -> Iterator[WebhookServer]:
    server = WebhookServer(tls)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
