"""A run in a store as one, once all of its shards have ended."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.errors import ReportError, StoreError
from agentrig.events import RunFinished
from agentrig.merge import Attempt, merge
from agentrig.reporters import Tally, read_journal
from agentrig.store import run_folder, stored_attempts

if TYPE_CHECKING:
    from agentrig.store import Store, StoredAttempt

__all__ = ["claim_message", "ended_run"]


def ended_run(store: Store, mine: Tally) -> Tally | None:
    """Merge the run of which `mine` is a shard that has ended; None while another one has not.

    Of each shard the last attempt counts: one that goes on keeps the run open. A shard that was
    killed, and is never made again, keeps it open for good. Raises StoreError, also where the
    results of this shard did not get there.
    """
    run, shards = mine.run, mine.started.shards if mine.started else 1
    found = stored_attempts(store, run)
    last = {one.shard: one for one in found}  # in the order of their attempts
    own = last.get(mine.shard)
    if own is None or (own.attempt <= mine.attempt and not own.is_whole):
        raise StoreError(f"'{store.url}' lacks the results of this shard")
    if any(not _has_ended(last.get(number)) for number in range(1, shards + 1)):
        return None
    with tempfile.TemporaryDirectory(prefix="agentrig-") as folder:
        attempts = []
        for one in found:
            if 1 <= one.shard <= shards:
                file = Path(folder, f"{one.shard}-{one.attempt}.jsonl")
                file.write_bytes(one.journal())
                name = f"shard {one.shard}/{shards}, attempt {one.attempt}"
                attempts.append(Attempt(name=name, shard=one.shard, log=file))
        tally = Tally()
        for record in merge(attempts, run=run, shards=shards).records():
            tally.receive(record)
        return tally


def claim_message(store: Store, run: str, outcome: str) -> bool:
    """Take it upon this process to tell of a run's outcome; False if another one has.

    A run that comes to another outcome, as its shards are tried again, is told of again. Raises
    StoreError.
    """
    return store.create(f"{run_folder(run)}webhook/{outcome}.json", b"{}\n")


def _has_ended(attempt: StoredAttempt | None) -> bool:
    if attempt is None or not attempt.is_whole:
        return False
    last = None
    try:
        for record in read_journal(attempt.journal(), name="journal"):
            last = record
    except ReportError:
        return False
    return last is not None and isinstance(last.event, RunFinished)
