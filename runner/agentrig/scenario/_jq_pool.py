"""Processes for jq programs that may not end: each is ended when its time or memory is used up."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from signal import SIGABRT
from typing import Any

import jq

from agentrig.errors import InfraError
from agentrig.scenario import _jq_process
from agentrig.scenario._jq_process import ANSWER, REQUEST
from agentrig.scenario._query_error import QueryError

__all__ = ["Pool"]

MEMORY_MB = 512
# A worker ends itself so long after it should have been ended.
GRACE_S = 1.0


class Pool:
    """Up to `size` processes, none of which is started before it is needed.

    A query that waits for a process is not yet on its time, `limit_s`.
    """

    def __init__(self, *, size: int, limit_s: float) -> None:
        self._limit_s = limit_s
        self._free = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._ended: list[subprocess.Popen[bytes]] = []

    async def query(self, program: str, data: str) -> Any:
        """Run a program on a JSON text. Raises QueryError, and InfraError without a process."""
        async with self._free:
            # What is left of a process that was ended is cleared away later: that takes time.
            self._ended = [process for process in self._ended if process.poll() is None]
            worker = self._idle.pop() if self._idle else _Worker(self._limit_s)
            try:
                async with asyncio.timeout(self._limit_s):
                    answer = await worker.ask(program, data)
            except TimeoutError as error:
                self._ended.append(worker.end())
                raise QueryError(f"the query did not end within {self._limit_s:g} s") from error
            except BaseException:
                self._ended.append(worker.end())
                raise
            if answer is None:
                raise QueryError(_why_ended(worker.end().wait()))
            self._idle.append(worker)
        if "error" in answer:
            raise QueryError(answer["error"])
        return answer["value"]

    def close(self) -> None:
        """End every process."""
        for process in [*self._ended, *(worker.end() for worker in self._idle)]:
            process.wait()


class _Worker:
    def __init__(self, limit_s: float) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003  # the library's signature
        script, folder = str(Path(_jq_process.__file__)), str(Path(jq.__file__).parent)
        limits = (str(limit_s + GRACE_S), str(MEMORY_MB << 20))
        try:
            # A session of its own: an interrupt from the keyboard is not for it, as a teardown
            # may still need it.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", script, folder, *limits],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise InfraError(f"cannot start a process for jq programs: {error}") from error
        finally:
            theirs.close()
        self._socket = ours

    async def ask(self, program: str, data: str) -> dict[str, Any] | None:
        """Send a request and give the answer, None when the process ended instead."""
        loop = asyncio.get_running_loop()
        program_bytes, data_bytes = program.encode(), data.encode()
        lengths = REQUEST.pack(len(program_bytes), len(data_bytes))
        try:
            await loop.sock_sendall(self._socket, lengths + program_bytes + data_bytes)
            head = await self._receive(ANSWER.size)
            if not head:
                return None
            answer = await self._receive(*ANSWER.unpack(head))
        except ConnectionError:
            return None
        parsed: dict[str, Any] | None = json.loads(answer) if answer else None
        return parsed

    async def _receive(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        parts = []
        while size:
            part = await loop.sock_recv(self._socket, min(size, 1 << 20))
            if not part:
                return b""
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> subprocess.Popen[bytes]:
        """End the process; the caller waits for what is left of it."""
        self._socket.close()
        self._process.kill()
        return self._process


def _why_ended(code: int) -> str:
    if code == -SIGABRT:
        return f"the query took more than {MEMORY_MB} MB of memory"
    return f"the process of the query ended with {code}"
