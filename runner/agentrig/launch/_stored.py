"""Journals of a run from the store in which it is kept, for pods whose logs hold none."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.errors import ReportError, StoreError, UsageError
from agentrig.launch._evidence import PodEvidence
from agentrig.merge import identify
from agentrig.reporters import JOURNAL_FILE
from agentrig.store import fetch_artifacts, open_store, run_folder, stored_attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentrig.launch._workloads import Workload
    from agentrig.store import Store, StoredAttempt

__all__ = ["add_stored", "bring_artifacts"]


def add_stored(
    pods: Sequence[PodEvidence], workload: Workload, *, logs: Path, say: Callable[[str], None]
) -> list[PodEvidence]:
    """Give the evidence of a run's pods, with what the store has of shards that lack a journal.

    That of a pod that is known stands in for its log; an attempt of which no pod is left, as of a
    node that is gone, is one more. Where the store cannot be read from here, `say` is told. Raises
    ReportError where `logs` cannot be written.
    """
    shards = range(1, workload.shards + 1) if workload.shards else range(1)
    lacking = {shard for shard in shards if not _has_journal(pods, shard)}
    # A volume of the pods is out of reach.
    if not lacking or not workload.store.startswith("s3://"):
        return [*pods]
    address = _address(workload)
    try:
        known = stored_attempts(_open(workload), workload.run)
        found = [one for one in known if one.shard in lacking]
        journals = [(one, journal) for one in found if (journal := one.journal())]
    except (StoreError, UsageError) as error:
        say(f"note: what logs lack may be in {address}, which cannot be read from here: {error}")
        return [*pods]
    if not journals:
        return [*pods]
    say(f"note: what logs lack was taken from {address}")
    evidence = [*pods]
    # A pod's host has its name; the attempts of one pod are those of containers of it.
    places = {(pod.pod, pod.shard): place for place, pod in enumerate(pods)}
    for attempt, journal in journals:
        place = places.get((attempt.host, attempt.shard))
        if place is None:
            evidence.append(_lost_pod(attempt, _write(attempt, journal, logs)))
        elif not _has_journal([pods[place]], attempt.shard):
            evidence[place] = replace(pods[place], log=_write(attempt, journal, logs))
    return evidence


def bring_artifacts(workload: Workload, results: Path, *, say: Callable[[str], None]) -> None:
    """Bring the files that tests left from the store to `results`, if the journal tells of any.

    Raises ReportError where they cannot be written.
    """
    if not workload.store.startswith("s3://") or not _has_artifacts(results / JOURNAL_FILE):
        return
    try:
        fetch_artifacts(stored_attempts(_open(workload), workload.run), results)
    except (StoreError, UsageError) as error:
        say(f"note: artifacts are in {_address(workload)}, and cannot be read from here: {error}")


def _open(workload: Workload) -> Store:
    # What is said here goes before what the pods are told.
    return open_store(workload.store, {**workload.store_settings, **os.environ})


def _address(workload: Workload) -> str:
    return f"{workload.store}/{run_folder(workload.run)}".rstrip("/")


def _has_artifacts(journal: Path) -> bool:
    with journal.open("rb") as lines:
        return any(b'"kind":"artifact.saved"' in line for line in lines)


def _has_journal(pods: Sequence[PodEvidence], shard: int) -> bool:
    """Say whether the last pod of a shard has told all: it went on from those before it."""
    own = sorted((one for one in pods if one.shard == shard), key=lambda one: one.created)
    log = own[-1].log if own else None
    try:
        return log is not None and log.exists() and identify(log) is not None
    except ReportError:
        return False


def _write(attempt: StoredAttempt, journal: bytes, logs: Path) -> Path:
    file = logs / f"shard-{attempt.shard}-attempt-{attempt.attempt}.jsonl"
    try:
        file.write_bytes(journal)
    except OSError as error:
        raise ReportError(f"cannot write '{file}': {error.strerror}") from error
    return file


def _lost_pod(attempt: StoredAttempt, file: Path) -> PodEvidence:
    return PodEvidence(
        pod=f"attempt {attempt.attempt}",
        shard=attempt.shard,
        created=attempt.claimed.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        log=file,
    )
