"""The HTTP server of a benchmark: a process of its own that answers chats and counts them.

It is a bare protocol over asyncio, because a framework would take longer over a request than the
fastest client does. `python server.py` prints its port; each line on its standard input is
answered with the number of chats since the last line; it ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "serving"]

_END = b"\r\n\r\n"
_REFUSAL = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


class Server:
    """A running server: `url` is its base URL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until `process` listens."""
        self._process = process
        self.url = f"http://127.0.0.1:{int(self._ask())}"

    def take_count(self) -> int:
        """Give the number of chats answered since the last call."""
        if self._process.stdin is None:
            raise RuntimeError("the server has no standard input")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._ask())

    def _ask(self) -> str:
        if self._process.stdout is None:
            raise RuntimeError("the server has no standard output")
        return self._process.stdout.readline()


@contextmanager
def serving() -> Iterator[Server]:
    """Serve on a free port of this machine."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Server(process)
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait()


class _Chats(asyncio.Protocol):
    """One connection, kept alive; `POST /chat` with a JSON message is answered with it."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.WriteTransport):
            raise TypeError("the transport cannot be written to")
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (head_end := self._received.find(_END)) >= 0:
            head_bytes = head_end + len(_END)
            head = self._received[:head_bytes]
            length = _LENGTH.search(head)
            end = head_bytes + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            body, self._received = self._received[head_bytes:end], self._received[end:]
            self._transport.write(_answer(head, body))


def _answer(head: bytes, body: bytes) -> bytes:
    try:
        content = {"answer": json.loads(body)["message"], "model": "small", "tools": ["search"]}
    except (ValueError, KeyError):
        return _REFUSAL
    if not head.startswith(b"POST /chat HTTP/1.1\r\n"):
        return _REFUSAL
    _Chats.count += 1
    answer = json.dumps(content).encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"x-request-id: %d\r\ncontent-length: %d\r\n\r\n%b" % (_Chats.count, len(answer), answer)
    )


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def count() -> None:
        if not sys.stdin.readline():
            ended.set()
            loop.remove_reader(sys.stdin)
            return
        print(_Chats.count, flush=True)
        _Chats.count = 0

    loop.add_reader(sys.stdin, count)
    server = await loop.create_server(_Chats, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
