"""The journal of one attempt: found, checked to be of its run and shard, and read again later.

It is read twice rather than held: the journals of many shards together may be large.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # msgspec resolves it
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import (
    Outcome,
    RunFinished,
    RunStarted,
)
from agentrig.reporters import find_blocks, read_journal
from agentrig.resume import Reading, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentrig.events import Record

__all__ = ["Identity", "Journal", "find_journal", "identify"]

_BEGIN = b'{"kind":'


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

    `outcomes` are those of the scenarios that ended, `begun` those that only began, and `kept` says
    of which earlier attempts it has taken those that did not end in its own, `attempt`. `begin` and
    `end` are the earliest and the latest time of its records, of which `size` are its own.
    """

    file: Path
    block: int
    attempt: int
    started: RunStarted
    finished: RunFinished | None
    outcomes: dict[str, Outcome]
    kept: dict[str, int]
    begun: tuple[str, ...]
    begin: str
    end: str
    size: int

    def attempt_of(self, scenario: str) -> int:
        """Say which attempt has come to the outcome of a scenario."""
        return self.kept.get(scenario, self.attempt)

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
    moment_of(first.time, name)
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
    reading = Reading(name, run=run, shard=shard)
    for record in read_journal(journal, name=name):
        reading.take(record)
    if reading.started is None:
        raise ReportError(f"{name}: its journal is empty")
    if reading.started.shards != max(1, shards):
        raise ReportError(
            f"{name}: its journal is of one of {reading.started.shards} shards, "
            f"and not of {max(1, shards)}"
        )
    return Journal(
        file=file,
        block=block,
        attempt=reading.attempt,
        started=reading.started,
        finished=reading.finished,
        outcomes=reading.outcomes,
        kept=reading.kept,
        begun=tuple(reading.begun),
        begin=reading.begin,
        end=reading.end,
        size=reading.size,
    )
