"""Journals of earlier attempts in a results folder, as a container leaves that is restarted in place."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.events import RunFinished, RunStarted
from agentrig.reporters import JOURNAL_FILE, read_journal
from agentrig.resume._earlier import Earlier

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record

__all__ = ["KILLED_FILE", "set_aside"]

KILLED_FILE = "events.killed.jsonl"
"""The journal of another run that has no end, and that nobody has looked at for all we know."""

_ASIDE = re.compile(r"events\.attempt-\d{1,9}(-\d{1,9})?\.jsonl")
# More than what the last line of a journal takes.
_END_BYTES = 64 * 1024


def set_aside(results: Path, *, run: str, shard: int) -> list[Earlier]:
    """Give the attempts that have left a journal in a folder, in their order.

    The last one's is renamed, to `events.attempt-1.jsonl` and so on, so that the next one has a
    file of its own. What other runs have left there is given up, but for a journal without its
    end: that becomes `events.killed.jsonl`. Raises OSError.
    """
    journal = results / JOURNAL_FILE
    if begin := _begin(journal):
        if (begin.run, begin.shard) == (run, shard):
            journal.rename(_free(results, begin.attempt))
        elif not _has_end(journal):
            journal.replace(results / KILLED_FILE)
    found: list[Earlier] = []
    for file in results.glob("events.attempt-*.jsonl"):
        if not _ASIDE.fullmatch(file.name):
            continue
        begin = _begin(file)
        if begin and (begin.run, begin.shard) == (run, shard):
            found.append(Earlier(name=str(file), attempt=begin.attempt, journal=file.read_bytes()))
        else:
            file.unlink()
    return sorted(found, key=lambda one: (one.attempt, one.name))


def _begin(file: Path) -> Record | None:
    """Read the first record, None where there is no journal with a whole beginning."""
    try:
        with file.open("rb") as content:
            first = next(read_journal(content.readline(), name=str(file)), None)
    except (FileNotFoundError, ReportError):
        return None
    return first if first and isinstance(first.event, RunStarted) else None


def _has_end(file: Path) -> bool:
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - _END_BYTES))
        *_, last = [b"", *content.read().splitlines()]
    try:
        return any(isinstance(one.event, RunFinished) for one in read_journal(last, name=""))
    except ReportError:
        return False


def _free(results: Path, attempt: int) -> Path:
    """Name a file for an attempt that is not there: two may have the same number."""
    file, copies = results / f"events.attempt-{attempt}.jsonl", 1
    while os.path.lexists(file):
        copies += 1
        file = results / f"events.attempt-{attempt}-{copies}.jsonl"
    return file
