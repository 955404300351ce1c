"""A results folder into a store, after its run: what could not be put there then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import RunStarted, TroubleFound
from agentrig.reporters import JOURNAL_FILE, read_journal
from agentrig.store._attempts import claim_attempt, stored_attempts
from agentrig.store._layout import attempt_folder, run_folder
from agentrig.store._parallel import in_parallel
from agentrig.store._upload import put_result, result_files

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record
    from agentrig.store._attempts import StoredAttempt
    from agentrig.store._store import Store

__all__ = ["KeptResults", "keep_results"]

MERGED = "merged/"


class KeptResults(Struct, frozen=True, kw_only=True):
    """What was put where: `folder` is a prefix of the store, `files` are below it.

    `attempt` is 0 for the merged report of a run.
    """

    run: str
    shard: int
    attempt: int
    folder: str
    files: tuple[str, ...]


def keep_results(store: Store, results: Path) -> KeptResults:
    """Put the results of one run into a store; to do it again changes nothing.

    What the run has put there before is completed; else the next attempt is claimed. What was
    merged of many shards, or found trouble around them, is no attempt, and goes to `merged/`.
    Raises ReportError for a folder without a journal that can be read, StoreError, and UsageError.
    """
    file = results / JOURNAL_FILE
    try:
        journal = file.read_bytes()
        files = result_files(results)
        first = _first(journal, name=str(file))
        merged = _is_merged(first, journal, name=str(file))
        attempt = 0 if merged else _attempt(store, first, journal)
        folder = (
            run_folder(first.run) + MERGED
            if merged
            else attempt_folder(first.run, first.shard, attempt)
        )
        journal_file, *others = files
        for names in ([journal_file], others):
            in_parallel(lambda name: put_result(store, folder, results, name), names)
    except OSError as error:
        raise ReportError(f"cannot read '{error.filename}': {error.strerror}") from error
    return KeptResults(
        run=first.run, shard=first.shard, attempt=attempt, folder=folder, files=tuple(files)
    )


def _first(journal: bytes, *, name: str) -> Record:
    first = next(read_journal(journal, name=name), None)
    if first is None or not isinstance(first.event, RunStarted):
        raise ReportError(f"{name}: its journal does not begin with the run")
    return first


def _is_merged(first: Record, journal: bytes, *, name: str) -> bool:
    if isinstance(first.event, RunStarted) and first.event.shards > 1 and not first.shard:
        return True
    return any(isinstance(one.event, TroubleFound) for one in read_journal(journal, name=name))


def _attempt(store: Store, first: Record, journal: bytes) -> int:
    """Find the attempt that left this journal, else claim one."""
    # The moment at which it began is in it, and who it was.
    line = journal.partition(b"\n")[0]
    attempts = [one for one in stored_attempts(store, first.run) if one.shard == first.shard]
    for one in attempts:
        if _first_line(one) == line:
            return one.attempt
    for one in attempts:
        # It was claimed, and the store went away before anything more was put there.
        if one.attempt == first.attempt and _first_line(one) is None:
            return one.attempt
    return claim_attempt(store, first.run, first.shard)


def _first_line(attempt: StoredAttempt) -> bytes | None:
    piece = next(iter(attempt.pieces()), b"")
    return piece.partition(b"\n")[0] if piece else None
