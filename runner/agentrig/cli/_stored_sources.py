"""What `agentrig report` reads from a store: a run with all of its shards and attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.cli._sources import MergedSource
from agentrig.errors import ReportError, UsageError
from agentrig.merge import Attempt, identify, merge
from agentrig.reporters import JOURNAL_FILE
from agentrig.scenario import closest
from agentrig.store import (
    attempt_folder,
    fetch_artifacts,
    open_store,
    run_folder,
    stored_attempts,
    stored_runs,
)

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.store import RunAddress, Store, StoredAttempt

__all__ = ["merge_stored"]


def merge_stored(address: RunAddress, *, to: Path, results: Path | None = None) -> MergedSource:
    """Bring the journals of a run to the folder `to`, and merge them as the run's attempts.

    Its artifacts are brought to `results`, if that is given. Raises UsageError for a run that is not there, or of
    which nothing is known yet, StoreError where the store cannot be read.
    """
    store = open_store(address.store)
    found = [
        one
        for one in stored_attempts(store, address.run)
        if address.shard in {None, one.shard} and address.attempt in {None, one.attempt}
    ]
    if not found:
        raise _missing(store, address)
    files = [_bring(one, to) for one in found]
    shards = next((known for file in files if (known := _shards(file)) is not None), None)
    if shards is None:
        folder = run_folder(address.run).rstrip("/")
        raise UsageError(f"{store.url}/{folder} has no journal yet: it has just begun, or is lost")
    attempts = [
        Attempt(name=_address_of(one), shard=one.shard, log=file)
        for one, file in zip(found, files, strict=True)
    ]
    try:
        merged = merge(attempts, run=address.run, shards=shards)
    except ReportError as error:
        raise ReportError(_told(str(error), to, store)) from error
    if results:
        fetch_artifacts(found, results)
    # They name the files that were brought here, and mean what is in the store.
    troubles = tuple(replace(one, message=_told(one.message, to, store)) for one in merged.troubles)
    return MergedSource(merged=replace(merged, troubles=troubles), files=tuple(files))


def _bring(attempt: StoredAttempt, to: Path) -> Path:
    file = to / attempt_folder(attempt.run, attempt.shard, attempt.attempt) / JOURNAL_FILE
    file.parent.mkdir(parents=True)
    with file.open("wb") as output:
        output.writelines(attempt.pieces())
    return file


def _shards(file: Path) -> int | None:
    try:
        identity = identify(file)
    except ReportError:
        return None  # the merge tells of it
    return identity.shards if identity else None


def _address_of(attempt: StoredAttempt) -> str:
    folder = attempt_folder(attempt.run, attempt.shard, attempt.attempt).rstrip("/")
    return f"{attempt.store.url}/{folder}"


def _told(message: str, to: Path, store: Store) -> str:
    return message.replace(str(to), store.url)


def _missing(store: Store, address: RunAddress) -> UsageError:
    runs = stored_runs(store)
    if address.run in runs:
        part = f"shard {address.shard}" if address.shard is not None else "attempts"
        part += f", attempt {address.attempt}" if address.attempt else ""
        return UsageError(f"run '{address.run}' in store {store.url} has no {part}")
    hint = closest(address.run, runs) or f"it has {len(runs)} runs"
    return UsageError(f"store {store.url} has no run '{address.run}': {hint}")
