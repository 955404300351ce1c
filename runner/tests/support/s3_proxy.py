"""What stands between a client and a real S3 server, and does wrong what a network can."""

from __future__ import annotations

import http.client
import http.server
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.s3_server import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Asked", "Fault", "S3Proxy", "s3_proxy"]

_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class Asked:
    """One request: its method, path and query, and its headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def key(self) -> str:
        """What it is about, without the bucket."""
        return unquote(self.path).lstrip("/").partition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What becomes of a request.

    It waits for `delay_s`; is answered `status` with an error of that `code`, or with nothing if
    `drop`, and does not reach the server. If it does, its answer is dropped on the way back by
    `lose`, or cut in its middle by `truncate`. `without` are headers that the server does not see, as one that ignores them.
    """

    delay_s: float = 0
    status: int = 0
    code: str = ""
    drop: bool = False
    lose: bool = False
    truncate: bool = False
    without: tuple[str, ...] = ()


def no_fault(_: Asked) -> Fault | None:
    return None


@dataclass
class S3Proxy:
    """Asks `fault` about every request; `asked` are those that came."""

    upstream: str
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    fault: Callable[[Asked], Fault | None] = no_fault
    tls: ssl.SSLContext | None = None
    _server: _Server | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def puts(self, end: str = "") -> list[str]:
        """Give the keys of the objects that were put, and end so."""
        return [one.key for one in self.asked if one.method == "PUT" and one.key.endswith(end)]

    def open(self) -> None:
        """Begin to listen, where it did before if it did."""
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        """Refuse connections, and break those that are there."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.break_off()
            self._server = None


@contextmanager
def s3_proxy(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[S3Proxy]:
    """Open a proxy to the server at this URL."""
    proxy = S3Proxy(upstream, tls=tls)
    proxy.open()
    try:
        yield proxy
    finally:
        proxy.close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: S3Proxy) -> None:
        self.proxy = proxy
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", proxy.port), _Handler)
        if proxy.tls:
            self.socket = proxy.tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def break_off(self) -> None:
        for one in list(self.connections):
            # To close it leaves it open for who reads from it.
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients go away in these tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # its base's name
        """Write no log."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parts.query, headers)
        self.server.proxy.asked.append(asked)
        fault = self.server.proxy.fault(asked) or Fault()
        time.sleep(fault.delay_s)
        if fault.drop:
            self.close_connection = True
            return
        if fault.status:
            message = f"<Error><Code>{fault.code}</Code><Message>as asked for</Message></Error>"
            self._answer(fault.status, {"content-type": "application/xml"}, message.encode())
            return
        if fault.without:
            headers = self._signed_again(headers, body, without=fault.without)
        status, answered, content = self._ask(headers, body)
        if fault.lose:
            self.close_connection = True
            return
        self._answer(status, answered, content, truncate=fault.truncate)

    def _ask(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        server = urlsplit(self.server.proxy.upstream)
        upstream = http.client.HTTPConnection(str(server.hostname), server.port, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name not in _HOP:
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            response = upstream.getresponse()
            content = response.read()
            kept = {
                name.lower(): value
                for name, value in response.getheaders()
                if name.lower() not in _HOP
            }
        finally:
            upstream.close()
        return response.status, kept, content

    def _signed_again(
        self, headers: Mapping[str, str], body: bytes, *, without: tuple[str, ...]
    ) -> dict[str, str]:
        kept = {name: value for name, value in headers.items() if name not in {*_HOP, *without}}
        url = self.server.proxy.upstream + self.path
        request = AWSRequest(self.command, url, headers=kept, data=body)
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1").add_auth(request)
        return {name.lower(): value for name, value in request.headers.items()}

    def _answer(
        self, status: int, headers: Mapping[str, str], content: bytes, *, truncate: bool = False
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name != "content-length":
                self.send_header(name, value)
        if self.command == "HEAD" and "content-length" in headers:
            self.send_header("content-length", headers["content-length"])
        else:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if truncate:
            content = content[: len(content) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815  # its base's names
