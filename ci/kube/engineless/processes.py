"""Processes as the kernel tells of them. No file holds a process id: one may be out of date.

A process is ours by what it is: by its whole command line, or by the namespace it lives in.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that ran when it was looked at; `started` tells it from a later one's `pid`."""

    pid: int
    started: str
    argv: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name it was called by, without the folder."""
        return os.path.basename(self.argv[0])  # noqa: PTH119 (argv[0] need not be a path)

    def namespace(self, kind: str) -> int | None:
        """Return the number of its namespace of `kind` ("net", "pid"), None if it is gone."""
        try:
            return (PROC / str(self.pid) / "ns" / kind).stat().st_ino
        except OSError:
            return None

    def environment(self, name: str) -> str | None:
        """Return one variable of the environment it was started with."""
        try:
            block = (PROC / str(self.pid) / "environ").read_bytes()
        except OSError:
            return None
        pairs = (line.partition(b"=") for line in block.split(b"\0"))
        values = {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
        return values.get(name)

    def send(self, number: signal.Signals) -> None:
        """Signal this very process; do nothing if it has ended, whoever has its id now."""
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if look_at(self.pid) == self:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


def look_at(pid: int) -> Process | None:
    """Return the process `pid`, None if there is none or if it has ended but for the name."""
    try:
        argv = (PROC / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # proc(5): the name stands in brackets and may hold any character; field 3 is the state,
    # field 22 the start in clock ticks since boot.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in {"X", "Z"}:
        return None
    return Process(pid, fields[19], tuple(os.fsdecode(word) for word in argv))


def all_processes() -> Iterator[Process]:
    """Yield every process that has not ended."""
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (found := look_at(int(entry.name))):
            yield found


def ancestors() -> set[int]:
    """Return the ids of this process, its parent, and so on up."""
    found, pid = set(), os.getpid()
    while pid > 0:
        found.add(pid)
        try:
            stat = (PROC / str(pid) / "stat").read_text()
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return found


def wait_until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.02) -> bool:
    """Return True as soon as `condition` holds, False if it did not within the time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(every_s)
    return True
