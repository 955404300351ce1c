"""The journal: every record as one line of JSON, written as it happens. The truth of a run."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import TYPE_CHECKING, Any

import msgspec

from agentrig.errors import ReportError
from agentrig.events import EVENT_KINDS, Event, Record, RunFinished, ScenarioFinished
from agentrig.reporters._json import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["JOURNAL_FILE", "JournalReporter", "read_journal"]

JOURNAL_FILE = "events.jsonl"

# Each line reaches the kernel at once and so outlives this process; a sync, so that it outlives
# the node, costs milliseconds and is made at most this often.
SYNC_EVERY_S = 0.5

_KEYS = {
    "kind": str,
    "version": int,
    "run": str,
    "shard": int,
    "attempt": int,
    "seq": int,
    "time": str,
    "event": dict,
}


class _Line(msgspec.Struct):
    """A line of the journal, in the order of its keys."""

    kind: str
    version: int
    run: str
    shard: int
    attempt: int
    seq: int
    time: str
    event: Event


class JournalReporter:
    """Appends to a journal. Raises OSError when it cannot be written."""

    def __init__(self, file: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Open `file` for appending; its folder must exist."""
        self._fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        self._clock = clock
        self._synced = clock()

    def receive(self, record: Record) -> None:
        """Write one line."""
        line = encode(record)
        if os.write(self._fd, line) != len(line):
            raise OSError("the disk took only a part of a line")
        match record.event:
            case ScenarioFinished() if self._clock() - self._synced > SYNC_EVERY_S:
                self._sync()
            case RunFinished():
                self._sync()

    def _sync(self) -> None:
        os.fsync(self._fd)
        self._synced = self._clock()

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def encode(record: Record) -> bytes:
    """Write a record as one line; the event's kind and version stand beside it."""
    event = record.event
    line = _Line(
        event.kind,
        event.version,
        record.run,
        record.shard,
        record.attempt,
        record.seq,
        record.time,
        event,
    )
    return dump(line) + b"\n"


def read_journal(content: bytes, *, name: str) -> Iterator[Record]:
    """Read records back. A last line that was cut off, as by a kill, is left out.

    Raises ReportError that names the line for anything else that cannot be read.
    """
    lines = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield _decode(msgspec.json.decode(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if number == len(lines):
                return
            raise ReportError(f"{name}:{number}: not a record of a journal: {error}") from error


def _decode(raw: dict[str, Any]) -> Record:
    for key, kind_of_value in _KEYS.items():
        if not isinstance(raw[key], kind_of_value):
            raise TypeError(f"'{key}' is no {kind_of_value.__name__}")
    kind = raw["kind"]
    cls = EVENT_KINDS.get(kind)
    if cls is None or raw["version"] > cls.version:
        raise ValueError(f"event '{kind}' version {raw['version']} is of a newer agentrig")
    dt.datetime.fromisoformat(raw["time"])  # pages count with it
    event: Event = msgspec.convert(raw["event"], cls)
    return Record(
        run=raw["run"],
        shard=raw["shard"],
        attempt=raw["attempt"],
        seq=raw["seq"],
        time=raw["time"],
        event=event,
    )
