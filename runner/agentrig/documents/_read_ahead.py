"""Files that are read and parsed ahead, by a copy of this process on another processor.

Parsing is more than half of the time that a suite takes to load, and libyaml keeps the
interpreter's lock. The copy is made while little is imported, in 1 to 2 ms, and parses while this
process imports the rest, which takes longer. What it has parsed comes through a pipe in a tenth of
the time that parsing takes. Whatever goes wrong with it, the files are read here instead.
"""

from __future__ import annotations

import marshal
import os
import signal
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from agentrig.documents._find import find_scenario_files, is_scenario_file
from agentrig.documents._plain_yaml import NotPlainError, PlainDocument
from agentrig.documents._source import Parsed, Source
from agentrig.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ReadAhead"]

# 5 ms of parsing: ten files of 20 steps.
LARGE_BYTES = 50_000

# What has been parsed waits in the pipe, up to 200 such files. It is what Linux lets any user have.
_PIPE_BYTES = 1 << 20

# Before what was found in a file: how long its name is, and how long that is.
_LENGTHS = struct.Struct("!QQ")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_LOAD = Path("/proc/loadavg")
_THREADS = Path("/proc/self/task")

# When a file was last changed, and its size: by then it may have been written anew.
_Stamp: TypeAlias = tuple[int, int]


class ReadAhead:
    """Reads files; those below paths that were given at the start may have been read by then.

    `close` it in any case.
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]] = ()) -> None:
        """Let a copy read the scenario files of `paths`, if that pays."""
        self._copy: _Copy | None = None
        files = [Path(os.fspath(path).partition("::")[0]) for path in paths]
        if _is_large(files) and _may_copy():
            with suppress(OSError):  # no more processes are allowed
                self._copy = _Copy(files)

    def source(self, file: Path, *, path: str) -> Source:
        """Read a file, as `Source.read` does; `path` is how messages name it."""
        parsed = self._copy.take(file) if self._copy else None
        return Source.of_parsed(path, parsed) if parsed else Source.read(file, path=path)

    def close(self) -> None:
        """End the copy, wherever it stands."""
        if self._copy:
            self._copy.end()
            self._copy = None


class _Copy:
    """The copy: a child that sends what it has parsed, file by file."""

    def __init__(self, files: Iterable[Path]) -> None:
        # Packed, as they came: as Python's objects they took 5 MiB, which were not given back.
        self._came: dict[str, bytes] = {}
        self._taken: set[str] = set()
        self._buffer = bytearray()
        self._pipe, writing = os.pipe()
        try:
            import fcntl  # noqa: PLC0415  # there is none for Windows

            with suppress(OSError):  # it works with less as well
                fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            os.set_blocking(self._pipe, False)
            self._pid = os.fork()
            if self._pid == 0:
                _be_the_copy(files, self._pipe, writing)
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(writing)

    def take(self, file: Path) -> Parsed | None:
        """Give what was found in a file; None where it must be read here.

        What has not come is not waited for: on a machine that is busy, the copy may be behind.
        """
        name = str(file)
        while name not in self._came and self._receive():
            pass
        self._taken.add(name)
        content = self._came.pop(name, None)
        if content is None:
            return None
        stamp, text, is_templated, documents = marshal.loads(content)  # noqa: S302  # from ourselves
        try:
            if _stamp_of(file) != stamp:
                return None
        except OSError:  # it was there
            return None
        return Parsed(text, is_templated, [PlainDocument(*one) for one in documents])

    def _receive(self) -> bool:
        """Take in what has come by now; tell whether anything has."""
        try:
            more = os.read(self._pipe, _PIPE_BYTES)
        except BlockingIOError:
            return False
        if not more:
            return False  # it has ended
        buffer, begin = self._buffer, 0
        buffer += more
        while (start := begin + _LENGTHS.size) <= len(buffer):
            named, size = _LENGTHS.unpack_from(buffer, begin)
            end = start + named + size
            if end > len(buffer):
                break
            name = os.fsdecode(bytes(buffer[start : start + named]))
            if name not in self._taken:
                self._came[name] = bytes(buffer[start + named : end])
            begin = end
        del buffer[:begin]
        return True

    def end(self) -> None:
        os.close(self._pipe)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):  # who started this process has SIGCHLD ignored
            os.waitpid(self._pid, 0)


def _be_the_copy(paths: Iterable[Path], reading: int, writing: int) -> NoReturn:
    """Send one file after the other, and end: this process does nothing else any more."""
    try:
        os.close(reading)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writing, "wb") as pipe:
            for file in _collected(paths):
                # What there is something to be said of is read where that can be said.
                with suppress(OSError, ScenarioError, NotPlainError):
                    absolute = Path(os.path.abspath(file))  # noqa: PTH100  # as pytest: links stay
                    name, content = os.fsencode(absolute), _parsed(absolute)
                    pipe.write(_LENGTHS.pack(len(name), len(content)) + name + content)
                    pipe.flush()
    finally:
        os._exit(0)


def _collected(paths: Iterable[Path]) -> Iterator[Path]:
    # Paths may name Python modules as well.
    return (file for file in find_scenario_files(paths) if is_scenario_file(file.name))


def _parsed(file: Path) -> bytes:
    stamp = _stamp_of(file)
    packed, is_templated, plain = Source.read(file).parsed()
    documents = [tuple(document) for document in plain]
    return marshal.dumps((stamp, packed, is_templated, documents))


def _stamp_of(file: Path) -> _Stamp:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _is_large(paths: Iterable[Path]) -> bool:
    size = 0
    with suppress(OSError):
        for file in _collected(paths):
            size += file.stat().st_size
            if size >= LARGE_BYTES:
                return True
    return False


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
