"""A proxy before a search server that answers in its place when a test says so."""

from __future__ import annotations

import gzip
import http.client
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["Ask", "Reply", "SearchProxy", "search_proxy"]

_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "accept-encoding",
}


@dataclass(frozen=True)
class Ask:
    """One request; its body is unpacked, `packed` says whether it was not."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    packed: bool

    @property
    def is_bulk(self) -> bool:
        return self.path.startswith("/_bulk")

    @property
    def ids(self) -> list[str]:
        """Give the documents that a bulk request names."""
        import json  # noqa: PLC0415  # read here alone

        lines = self.body.splitlines()[::2]
        return [next(iter(json.loads(line).values()))["_id"] for line in lines]


@dataclass(frozen=True)
class Reply:
    """An answer of the proxy's own."""

    status: int
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


class SearchProxy:
    """`behave` is asked before each request; None of it lets the request through.

    `hang_up` is an answer as well: the connection is closed without one. With `loses` the request
    gets to the server, and its answer is lost.
    """

    hang_up = Reply(0)
    loses = Reply(-1)

    def __init__(self, upstream: str, tls: ssl.SSLContext | None) -> None:
        self.asked: list[Ask] = []
        self.behave: Callable[[Ask], Reply | None] = lambda _: None
        self.upstream = upstream
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}"

    def bulks(self) -> list[Ask]:
        return [ask for ask in self.asked if ask.is_bulk]

    def forward(self, ask: Ask) -> tuple[int, dict[str, str], bytes]:
        """Let the server answer."""
        host = urlsplit(self.upstream).netloc
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            headers = {name: value for name, value in ask.headers.items() if name not in _HOP}
            connection.request(ask.method, ask.path, ask.body, {**headers, "host": host})
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            return answer.status, kept, answer.read()
        finally:
            connection.close()


def _handler(proxy: SearchProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            packed = self.headers.get("content-encoding") == "gzip"
            headers = {name.lower(): value for name, value in self.headers.items()}
            content = gzip.decompress(body) if packed else body
            ask = Ask(self.command, self.path, headers, content, packed)
            proxy.asked.append(ask)
            reply = proxy.behave(ask)
            if reply is proxy.hang_up:
                self.close_connection = True
                return
            if reply is None or reply is proxy.loses:
                status, kept, answer = proxy.forward(ask)
                if reply is proxy.loses:
                    self.close_connection = True
                    return
            else:
                status, kept, answer = reply.status, reply.headers, reply.body.encode()
            self.send_response(status)
            for name, value in kept.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = _any  # noqa: N815  # http.server's names

        def log_message(self, *args: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # a client that gives up is what this is for
                super().handle()

    return Handler


@contextmanager
def search_proxy(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[SearchProxy]:
    """Run a proxy on a free port for as long as the context is open."""
    proxy = SearchProxy(upstream, tls)
    thread = threading.Thread(target=proxy.server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join()
