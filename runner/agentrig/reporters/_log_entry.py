"""One entry of a pod's log, and its two forms: lines for people, or an object for a collector."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from agentrig._excerpt import printable
from agentrig._redact import cut
from agentrig.events import Outcome  # noqa: TC001  # msgspec resolves it
from agentrig.reporters._json import dump
from agentrig.stream import utc_now

__all__ = [
    "FileLine",
    "Level",
    "LogEntry",
    "LogError",
    "one_line",
    "render_json",
    "render_text",
    "time_of_day",
]

# Container runtimes break lines at 16 KiB, and an object in two halves is none.
MAX_BYTES = 15_000
# What is tried in turn until an entry fits; a character takes twelve bytes at most.
_CUTS = (8_000, 3_000, 1_000, 100)
_INDENT = "    "
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Level(StrEnum):
    """How much an entry asks for attention, in the words that collectors know."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why something did not pass, as ECS' field set of the same name."""

    message: str
    stack_trace: str | None = None


class FileLine(Struct, frozen=True, kw_only=True):
    """A line of a user's file; lines count from 1."""

    path: str
    line: int


class LogEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, when, and how bad it is; `message` is one line.

    `note` and `error` say more, in lines of their own. `finished` of `planned` scenarios have
    ended so far. `kind` is that of the event of which the entry tells, if there is one.
    """

    time: str
    level: Level
    message: str
    kind: str | None = None
    run: str | None = None
    shard: int | None = None
    planned: int | None = None
    finished: int | None = None
    scenario: str | None = None
    outcome: Outcome | None = None
    elapsed_ms: float | None = None
    flaky: bool = False
    exit_code: int | None = None
    counts: dict[str, int] | None = None
    note: str | None = None
    error: LogError | None = None
    file: FileLine | None = None


def render_text(entry: LogEntry) -> str:
    """Write an entry as a line that begins with its time, and indented ones that say more."""
    head = f"{entry.time} {entry.level.upper():<5} {one_line(entry.message)}"
    more = [entry.note or ""]
    if entry.error:
        more.append(entry.error.stack_trace or entry.error.message)
    lines = [line for text in more if text for line in _printable(text).rstrip().split("\n")]
    return "\n".join([head, *((_INDENT + line).rstrip() for line in lines), ""])


def render_json(entry: LogEntry) -> str:
    """Write an entry as one object, in a line of less than 16 KiB: longer texts are cut."""
    line = dump(entry)
    for limit in _CUTS:
        if len(line) <= MAX_BYTES:
            break
        line = dump(_cut(entry, limit))
    return line.decode() + "\n"


def time_of_day() -> str:
    """Give the time as records have it: RFC 3339, UTC, milliseconds."""
    return utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one_line(text: str) -> str:
    """Write a text as a part of a line."""
    return printable(" ".join(text.split()))


def _printable(text: str) -> str:
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _cut(entry: LogEntry, limit: int) -> LogEntry:
    changed = {
        name: cut(value, limit)
        for name in ("message", "run", "scenario", "note")
        if isinstance(value := getattr(entry, name), str)
    }
    if error := entry.error:
        trace = error.stack_trace
        short = LogError(
            message=cut(error.message, limit),
            stack_trace=None if trace is None else cut(trace, limit),
        )
        return replace(entry, **changed, error=short, file=_cut_file(entry.file, limit))
    return replace(entry, **changed, file=_cut_file(entry.file, limit))


def _cut_file(file: FileLine | None, limit: int) -> FileLine | None:
    return None if file is None else replace(file, path=cut(file.path, limit))
