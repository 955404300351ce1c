"""A real HTTP server that plays the agents: it answers, fails, holds requests, and counts them."""

from __future__ import annotations

import http.server
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AgentServer", "agent_server"]

WAIT_S = 30.0


class AgentServer:
    """What the server was asked, and what it shall answer.

    `/ok` and every other path answers 200 with JSON, `/status/N` answers N, `/hold` waits until
    `release()` or a request of `/release`, `/slow/N` for N milliseconds, `/drop` closes the
    connection without a word, `/flaky/N` answers 500 to its first N requests. `/now` tells how
    many other requests are in progress. `bodies` maps paths to raw bodies.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.paths: list[str] = []
        self.peak = 0
        self.now = 0
        self._changed = threading.Condition()
        self._released = threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def release(self) -> None:
        """Let all held requests go, also those that come later."""
        self._released.set()

    def wait_for(self, requests: int, path: str = "/") -> None:
        """Wait until so many requests below `path` have come since the begin or the last `forget`.

        On a busy machine, some are counted after the process that sent them has ended.
        """
        deadline = time.monotonic() + WAIT_S
        with self._changed:
            while (count := sum(one.startswith(path) for one in self.paths)) < requests:
                left = deadline - time.monotonic()
                assert left > 0, f"{count} requests came, waited for {requests}"
                self._changed.wait(left)

    def forget(self) -> None:
        """Count from 0 again."""
        with self._changed:
            self.paths.clear()

    @contextmanager
    def counted(self, path: str) -> Iterator[None]:
        """Count a request as long as it is in progress."""
        with self._changed:
            self.paths.append(path)
            self.now += 1
            self.peak = max(self.peak, self.now)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self.now -= 1
                self._changed.notify_all()

    def hold(self) -> None:
        """Keep the caller until `release`."""
        self._released.wait(WAIT_S)

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        """End: held requests go as well."""
        self.release()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def agent_server() -> Iterator[AgentServer]:
    """Run a server on a free port for as long as the context is open."""
    server = AgentServer()
    server.start()
    try:
        yield server
    finally:
        server.close()


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    block_on_close = False

    def __init__(self, agent: AgentServer) -> None:
        self.agent = agent
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients of these tests are killed in the middle of a request."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        agent = self.server.agent
        self.rfile.read(int(self.headers.get("content-length") or 0))
        with agent.counted(self.path):
            if self.path.startswith("/hold"):
                agent.hold()
            if self.path.startswith("/release"):
                agent.release()
            if self.path.startswith("/slow/"):
                time.sleep(int(self.path.split("/")[2]) / 1000)
            if self.path.startswith("/drop"):
                self.close_connection = True
                return
            status = 200
            if self.path.startswith("/status/"):
                status = int(self.path.split("/")[2])
            if self.path.startswith("/flaky/"):
                fails = int(self.path.split("/")[2])
                status = 500 if agent.paths.count(self.path) <= fails else 200
            answer = {"now": agent.now - 1} if self.path == "/now" else {"path": self.path}
            body = agent.bodies.get(self.path, json.dumps(answer).encode())
            self.send_response_only(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""
