"""The logs of a run's pods, written to files as they come, and complete when the pods are over."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentrig.errors import ClusterError
from agentrig.kubernetes import LogPosition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentrig.kubernetes import AsyncCluster
    from agentrig.launch._pod_state import Pod

__all__ = ["PodLogs"]

# Each is a connection to the API server, and through it to a kubelet.
MAX_STREAMS = 24
# With more logs than streams, each gets one for so long, and goes on later where it stopped.
TURN_S = 2.0
# A stream ends with its container, unless the node is gone; what is missed then is read at last.
_OVER_S = 2.0
_REOPEN_AFTER_S = 1.0
_FINAL_ATTEMPTS = 3
# There is no log, yet or any more: the container has not started, the pod is gone.
_NO_LOG = frozenset({400, 404})
# What the API says where it does not reach the kubelet, as of a node that is lost.
_NO_KUBELET = frozenset({500, 502})
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")


class _Log(Struct):
    pod: str
    container: str
    file: Path
    position: LogPosition
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    shard: int = 0


class PodLogs:
    """Reads the logs of pods that it is told of, as many at once as MAX_STREAMS."""

    def __init__(
        self,
        cluster: AsyncCluster,
        *,
        namespace: str,
        folder: Path,
        tasks: asyncio.TaskGroup,
        on_line: Callable[[str, int, str], None],
    ) -> None:
        """Write to `folder`; `on_line(pod, shard, text)` gets each line of a runner."""
        self._cluster = cluster
        self._namespace = namespace
        self._folder = folder
        self._tasks = tasks
        self._on_line = on_line
        self._logs: dict[tuple[str, str], _Log] = {}
        self._readers: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MAX_STREAMS)
        folder.mkdir(parents=True, exist_ok=True)

    def look(self, pod: Pod, *, is_gone: bool) -> None:
        """Begin to read what has started, and end what is over."""
        for one in pod.containers:
            failed = one.role == "init" and one.state == "terminated" and bool(one.exit_code)
            if (pod.runner is one and one.state in {"running", "terminated"}) or failed:
                log = self._open(pod, one.name, is_runner=pod.runner is one)
                if log and (one.state == "terminated" or is_gone):
                    log.is_over.set()
        if is_gone:
            for (uid, _), log in self._logs.items():
                if uid == pod.uid:
                    log.is_over.set()

    def file(self, pod: Pod, container: str) -> Path | None:
        """Name the file of a log that was read."""
        log = self._logs.get((pod.uid, container))
        return log.file if log and log.file.exists() else None

    async def finish(self, *, within_s: float) -> None:
        """Read what is still to be read, for so long; what cannot be read stays as it is."""
        for log in self._logs.values():
            log.is_over.set()
        if self._readers:
            _, late = await asyncio.wait(self._readers, timeout=within_s)
            for reader in late:
                reader.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _open(self, pod: Pod, container: str, *, is_runner: bool) -> _Log | None:
        key = (pod.uid, container)
        if key not in self._logs:
            name = pod.name if is_runner else f"{pod.name}.{container}"
            if not _SAFE_NAME.fullmatch(name):
                return None
            file = self._folder / f"{name}.log"
            file.unlink(missing_ok=True)
            log = _Log(pod.name, container, file, LogPosition(), shard=pod.shard)
            self._logs[key] = log
            reader = self._tasks.create_task(self._read(log, is_runner=is_runner))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return self._logs[key]

    async def _read(self, log: _Log, *, is_runner: bool) -> None:
        """Follow until the container is over, and then compare with all that there is."""
        while not log.is_over.is_set():
            async with self._slots:
                await self._stream(log, is_runner=is_runner)
            with suppress(TimeoutError):
                async with asyncio.timeout(_REOPEN_AFTER_S):
                    await log.is_over.wait()
        attempts = 0
        while attempts < _FINAL_ATTEMPTS:
            async with self._slots:
                error = await self._complete(log, is_runner=is_runner)
            if error is None or error.status in _NO_LOG:
                return
            # An API that is away is waited for, as long as `finish` waits.
            attempts += not error.may_pass or error.status in _NO_KUBELET
            await asyncio.sleep(_REOPEN_AFTER_S)

    async def _stream(self, log: _Log, *, is_runner: bool) -> None:
        log.position.resume()
        lines = self._cluster.read_log(
            log.pod,
            log.container,
            namespace=self._namespace,
            since=log.position.since,
            follow=True,
        )
        turn_s = TURN_S if len(self._readers) > MAX_STREAMS else None
        with suppress(ClusterError, TimeoutError), log.file.open("ab") as file:
            async with asyncio.timeout(turn_s) as turn, aclosing(lines):
                limit = asyncio.ensure_future(_end_turn(turn, log.is_over))
                try:
                    async for line in lines:
                        self._write(log, file.write, line, is_runner=is_runner)
                        file.flush()
                finally:
                    limit.cancel()

    async def _complete(self, log: _Log, *, is_runner: bool) -> ClusterError | None:
        """Read the whole log once more; give what kept it from being read.

        A stream that followed may have missed lines, as where the kubelet began a new file; such
        a log is replaced by the whole one, unless that has lost its beginning in the meantime.
        """
        whole, position = log.file.with_suffix(".part"), LogPosition()
        first: str | None = None
        log.position.resume()
        lines = self._cluster.read_log(log.pod, log.container, namespace=self._namespace)
        try:
            with whole.open("wb") as copy, log.file.open("ab") as file:
                async with aclosing(lines):
                    async for line in lines:
                        text = position.new_text(line.decode(errors="replace")) or ""
                        first = text if first is None else first
                        copy.write(text.encode() + b"\n")
                        self._write(log, file.write, line, is_runner=is_runner)
            if _first_line(log.file) == first and whole.stat().st_size > log.file.stat().st_size:
                whole.replace(log.file)
        except ClusterError as error:
            return error
        finally:
            whole.unlink(missing_ok=True)
        return None

    def _write(
        self, log: _Log, write: Callable[[bytes], object], line: bytes, *, is_runner: bool
    ) -> None:
        text = log.position.new_text(line.decode(errors="replace"))
        if text is not None:
            write(text.encode() + b"\n")
            if is_runner:
                self._on_line(log.pod, log.shard, text)


async def _end_turn(turn: asyncio.Timeout, is_over: asyncio.Event) -> None:
    await is_over.wait()
    with suppress(RuntimeError):  # it ends at this very moment
        turn.reschedule(asyncio.get_running_loop().time() + _OVER_S)


def _first_line(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.readline().decode(errors="replace").removesuffix("\n")
