"""Files that are read and parsed ahead, by a copy of this process on another processor.

Parsing is more than half of the time that a large suite takes to load, and libyaml keeps the
interpreter's lock. The copy takes 5 ms to make, and as long to end; what it has parsed comes back
through a pipe in a tenth of the time that parsing takes. Whatever goes wrong with it, the files are
read here instead.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from agentrig.errors import ScenarioError
from agentrig.scenario._plain_yaml import NotPlainError, PlainDocument, load_plain
from agentrig.scenario._source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReadAhead"]

# 20 ms of parsing: 50 files of 20 steps have more.
LARGE_BYTES = 200_000
# Read here while the copy is made.
FIRST_FILES = 3

_LENGTH = struct.Struct("!Q")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_LOAD = Path("/proc/loadavg")
_THREADS = Path("/proc/self/task")

# A text, and the line and the data of each of its documents.
_Parsed: TypeAlias = tuple[str, list[tuple[int, Any]]]


class ReadAhead:
    """Reads files, in the order in which they are expected; `close` it in any case."""

    def __init__(self) -> None:
        """Expect nothing yet."""
        self._expected: dict[Path, int] = {}
        self._copy: _Copy | None = None

    def expect(self, file: Path) -> None:
        """Say that `file` will be asked for."""
        with suppress(OSError):  # told when it is read
            self._expected[file] = file.stat().st_size

    def source(self, file: Path, *, path: str) -> Source:
        """Read a file, as `Source.read` does; `path` is how messages name it."""
        if file in self._expected:
            self._begin()
        found = self._copy.take(file) if self._copy else None
        if found is None:
            return Source.read(file, path=path)
        text, documents = found
        return Source(path, text, plain=[PlainDocument(*one) for one in documents])

    def close(self) -> None:
        """End the copy."""
        if self._copy:
            self._copy.end()
            self._copy = None

    def _begin(self) -> None:
        """Let a copy read all that is expected by now, if that pays."""
        sizes, self._expected = self._expected, {}
        files = list(sizes)[FIRST_FILES:]
        if sum(sizes[file] for file in files) >= LARGE_BYTES and _may_copy():
            self.close()
            with suppress(OSError):  # no more processes are allowed
                self._copy = _Copy(files)


class _Copy:
    """The copy: a child that sends what it has parsed, file by file."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._coming = list(reversed(files))
        self._wanted = set(files)
        self._came: dict[Path, _Parsed | None] = {}
        self._pipe, writing = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        try:
            self._pid = os.fork()
            if self._pid == 0:
                _be_the_copy(files, self._pipe, writing)
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(writing)

    def take(self, file: Path) -> _Parsed | None:
        """Give a file's text and documents; None where it must be read here.

        What has not come is not waited for: on a machine that is busy, the copy may be behind.
        """
        while file in self._wanted and file not in self._came and self._has_come():
            one = self._coming.pop()
            parsed = self._receive()
            if one in self._wanted:
                self._came[one] = parsed
        self._wanted.discard(file)
        return self._came.pop(file, None)

    def _has_come(self) -> bool:
        return bool(self._coming and self._poll.poll(0))

    def _receive(self) -> _Parsed | None:
        head = self._read(_LENGTH.size)
        content = self._read(*_LENGTH.unpack(head)) if head else None
        if content is None:  # it has died
            return None
        found: _Parsed | None = marshal.loads(content)  # noqa: S302  # from ourselves
        return found

    def _read(self, size: int) -> bytes | None:
        content = bytearray()
        while len(content) < size:
            part = os.read(self._pipe, size - len(content))
            if not part:
                return None
            content += part
        return bytes(content)

    def end(self) -> None:
        """End it, wherever it stands."""
        os.close(self._pipe)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _be_the_copy(files: Sequence[Path], reading: int, writing: int) -> NoReturn:
    """Send one file after the other, and end: this process does nothing else any more."""
    try:
        os.close(reading)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writing, "wb") as pipe:
            for file in files:
                content = marshal.dumps(_parsed(file))
                pipe.write(_LENGTH.pack(len(content)) + content)
                pipe.flush()
    finally:
        os._exit(0)


def _parsed(file: Path) -> _Parsed | None:
    """Give a file's text and documents; None where there is something to be said of it."""
    try:
        text = Source.read(file).text
        return text, [(one.line, one.data) for one in load_plain(text)]
    except (ScenarioError, NotPlainError):
        return None


def _may_copy() -> bool:
    """Tell whether a processor has nothing to do, and none of our threads holds a lock."""
    try:
        quota, period = _QUOTA.read_text().split() if _QUOTA.exists() else ("max", "1")
        allowed = len(os.sched_getaffinity(0))
        if quota != "max":
            allowed = min(allowed, int(quota) // int(period))
        # proc(5): the fourth field is `running/all`, of the whole machine and of this moment. On
        # one that is busy, a copy would only take its time from us.
        running = int(_LOAD.read_text().split()[3].partition("/")[0])
        is_free = allowed > 1 and running < (os.cpu_count() or 1)
        return is_free and len(list(_THREADS.iterdir())) == 1
    except (OSError, ValueError, IndexError, AttributeError):  # no Linux, as we know it
        return False
