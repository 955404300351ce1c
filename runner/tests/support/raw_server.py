"""A real TCP server whose every connection is played by a function: all that a network can do."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["Conversation", "RawServer", "raw_server"]

PATIENCE_S = 20.0


class Conversation:
    """One connection, from the server's side."""

    def __init__(self, connection: socket.socket, server: RawServer) -> None:
        self._connection = connection
        self._server = server

    def request(self) -> bytes:
        """Read one request with its body; empty at the end of the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            body += self._connection.recv(65536)
        self._server.requests.append(head + b"\r\n\r\n" + body)
        return self._server.requests[-1]

    def say(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reset(self) -> None:
        """End the connection with RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the server lives."""
        self._server.ended.wait(seconds)

    def wait_for_end(self) -> None:
        """Wait until the client closes the connection, which is told by `left`."""
        with suppress(OSError):
            while self._connection.recv(65536):
                pass
        self._server.left.set()


class RawServer:
    """`requests` are those that came whole; `left` is set when a client hung up on a waiter.

    `peers` has an entry for each TLS connection: the client's certificate, None without one.
    """

    def __init__(self, play: Callable[[Conversation], None], tls: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.peers: list[object] = []
        self.left = threading.Event()
        self.ended = threading.Event()
        self.connections = 0
        self._play = play
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=[connection], daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_S)
        # A client that gives up is what these servers are for.
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self.peers.append(connection.getpeercert() or None)
            with connection:
                self._play(Conversation(connection, self))


@contextmanager
def raw_server(
    play: Callable[[Conversation], None], tls: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    """Run a server on a free port for as long as the context is open."""
    server = RawServer(play, tls)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
