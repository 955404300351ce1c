"""The journal of one attempt: found, checked to be of its run and shard, and read again later.

It is read twice rather than held: the journals of many shards together may be large.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003  # msgspec resolves it
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import (
    Event,
    Outcome,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    TroubleFound,
)
from agentrig.reporters import find_blocks, read_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentrig.events import Record

__all__ = ["Identity", "Journal", "find_journal", "identify"]

_BEGIN = b'{"kind":'
_EXIT_CODES = range(6)


class Identity(Struct, frozen=True, kw_only=True):
    """Which part of which run a journal says that it is; `begin` is the time of its first record.

    `shard` is 0 in a run that is not split, as `shards` is then.
    """

    run: str
    shard: int
    shards: int
    begin: str


class Journal(Struct, frozen=True, kw_only=True):
    """What a checked journal says of its shard; `records()` reads all of it.

    `outcomes` are those of the scenarios that ended, `begun` those that only began; `begin` and
    `end` are the times of its first and last record.
    """

    file: Path
    block: int
    started: RunStarted
    finished: RunFinished | None
    outcomes: dict[str, Outcome]
    begun: tuple[str, ...]
    begin: str
    end: str
    size: int

    def records(self) -> Iterator[Record]:
        """Read the records again."""
        name = str(self.file)
        journals = _journals(self.file.read_bytes(), name=name)
        yield from read_journal(journals[self.block], name=name)


def find_journal(file: Path, *, run: str, shard: int, shards: int) -> Journal | None:
    """Find the journal of a shard in its log, None where there is no block.

    A test may print what looks like a block: the last one counts that belongs to the run and the
    shard. Raises ReportError, which says what is wrong with the last one, if none does.
    """
    name = str(file)
    journals = _journals(_read(file), name=name)
    problem: ReportError | None = None
    for block in reversed(range(len(journals))):
        try:
            return _check(file, block, journals[block], run=run, shard=shard, shards=shards)
        except ReportError as error:
            problem = problem or error
    if problem:
        raise problem
    return None


def identify(file: Path) -> Identity | None:
    """Say whose journal the last one in a file is, None if there is none.

    Raises ReportError for one that is damaged, or that does not begin with a run.
    """
    name = str(file)
    journals = _journals(_read(file), name=name)
    if not journals:
        return None
    first = next(read_journal(journals[-1], name=name), None)
    if first is None or not isinstance(first.event, RunStarted):
        raise ReportError(f"{name}: its journal does not begin with the run")
    _check_time(first.time, name)
    return Identity(
        run=first.run,
        shard=first.shard,
        shards=first.event.shards if first.shard else 0,
        begin=first.time,
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReportError(f"cannot read '{file}': {error.strerror}") from error


def _journals(content: bytes, *, name: str) -> Sequence[bytes]:
    if content.startswith(_BEGIN):
        return [content]
    return find_blocks(content.decode("utf-8", errors="replace"), name=name)


def _check(file: Path, block: int, journal: bytes, *, run: str, shard: int, shards: int) -> Journal:
    name = str(file)
    started: RunStarted | None = None
    finished: RunFinished | None = None
    planned: set[str] = set()
    outcomes: dict[str, Outcome] = {}
    begun: dict[str, None] = {}
    begin = end = ""
    size = 0
    for record in read_journal(journal, name=name):
        if (record.run, record.shard) != (run, shard):
            raise ReportError(
                f"{name}: its journal is of run '{record.run}', shard {record.shard}, "
                f"and not of run '{run}', shard {shard}"
            )
        if record.seq != size or finished:
            raise ReportError(f"{name}: its journal is not in order at record {size}")
        size += 1
        _check_time(record.time, name)
        begin, end = begin or record.time, max(end, record.time)
        event = record.event
        if started is None:
            if not isinstance(event, RunStarted):
                raise ReportError(f"{name}: its journal does not begin with the run")
            _check_start(event, shards, name)
            started = event
            planned = {one.id for one in event.planned}
            continue
        _check_event(event, planned, name)
        match event:
            case ScenarioStarted():
                begun[event.scenario] = None
            case ScenarioFinished():
                outcomes[event.scenario] = event.outcome
                begun.pop(event.scenario, None)
            case RunFinished():
                finished = event
    if started is None:
        raise ReportError(f"{name}: its journal is empty")
    return Journal(
        file=file,
        block=block,
        started=started,
        finished=finished,
        outcomes=outcomes,
        begun=tuple(begun),
        begin=begin,
        end=end,
        size=size,
    )


def _check_start(event: RunStarted, shards: int, name: str) -> None:
    if event.shards != max(1, shards):
        raise ReportError(
            f"{name}: its journal is of one of {event.shards} shards, and not of {max(1, shards)}"
        )
    ids = {one.id for one in event.planned}
    places = set(event.places)
    total = len(ids) if event.total is None else event.total
    right = not event.places or (
        len(places) == len(event.places) == len(ids) and places <= set(range(total))
    )
    if len(ids) != len(event.planned) or not right:
        raise ReportError(f"{name}: the plan in its journal contradicts itself")


def _check_event(event: Event, planned: set[str], name: str) -> None:
    if isinstance(event, RunStarted | TroubleFound):
        raise ReportError(f"{name}: its journal holds what no runner writes: {event.kind}")
    scenario = getattr(event, "scenario", None)
    if scenario is not None and scenario not in planned:
        raise ReportError(f"{name}: its journal tells of '{scenario}', which it has not planned")
    if isinstance(event, RunFinished) and event.exit_code not in _EXIT_CODES:
        raise ReportError(f"{name}: no run ends with exit code {event.exit_code}")


def _check_time(text: str, name: str) -> None:
    try:
        aware = dt.datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        aware = False
    if not aware:
        raise ReportError(f"{name}: its journal has a record of no time: '{text}'")
