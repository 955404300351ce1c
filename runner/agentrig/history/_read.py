"""From a place to its run. What lies there is hostile until it is read: sizes are bounded."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec.structs import replace

from agentrig.errors import NotStoredError, ReportError
from agentrig.history._condense import condense, condense_records
from agentrig.history._places import Folder, StoredRun
from agentrig.merge import Attempt, identify, merge
from agentrig.reporters import JOURNAL_FILE, SUMMARY_FILE, read_journal
from agentrig.store import StoredAttempt

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from agentrig.history._run import Run
    from agentrig.store import Store, Stored

__all__ = ["encodable", "merge_folders", "read_place"]

# A summary of 100,000 scenarios has 40 MB, their journal some 300.
MOST_SUMMARY_BYTES = 128 * 1024 * 1024
MOST_JOURNAL_BYTES = 512 * 1024 * 1024


def read_place(store: Store, place: Folder | StoredRun) -> Run:
    """Read the run of one place. Raises ReportError, which says why it cannot be read.

    Raises StoreError where the store is at fault.
    """
    try:
        if isinstance(place, StoredRun):
            return _read_stored(store, place)
        return _read_folder(store, place)
    except NotStoredError as error:
        # It was listed a moment ago: whoever clears the store is at work.
        raise ReportError(f"{_where(store, place.key)}: gone while it was read") from error
    except (OSError, ValueError, OverflowError) as error:
        raise ReportError(f"{_where(store, place.key)}: {error}") from error


def merge_folders(store: Store, folders: Sequence[Folder], *, run: str) -> Run:
    """Merge results folders that hold parts of a run. Raises ReportError and StoreError."""
    where = _where(store, folders[0].key)
    if any(JOURNAL_FILE not in one.files for one in folders):
        raise ReportError(f"{where}: one shard of run '{run}', without the journal to merge it by")
    journals = {(0, number): folder for number, folder in enumerate(folders)}
    return _merged(store, journals, where=where, report=None)


def _read_folder(store: Store, folder: Folder) -> Run:
    where = _where(store, folder.key)
    problem: ReportError | None = None
    if summary := folder.files.get(SUMMARY_FILE):
        try:
            content = _get(store, summary, MOST_SUMMARY_BYTES, where)
            return condense(content, place=where, report=folder.report)
        except ReportError as error:
            problem = error
    if journal := folder.files.get(JOURNAL_FILE):
        content = _get(store, journal, MOST_JOURNAL_BYTES, where)
        records = read_journal(content, name=where)
        return condense_records(records, place=where, report=folder.report)
    raise problem or ReportError(f"{where}: neither summary nor journal")


def _read_stored(store: Store, run: StoredRun) -> Run:
    """Read what was merged, if nothing came after it; else what the last attempts say."""
    where = _where(store, run.key)
    if run.merged and SUMMARY_FILE in run.merged.files:
        merged_at = run.merged.files[SUMMARY_FILE].modified
        if all(_newest(one) <= merged_at for one in run.attempts.values()):
            return _read_folder(store, run.merged)
    last = run.last
    if list(last) == [0] and SUMMARY_FILE in last[0].files:
        return _read_folder(store, last[0])
    report = next((one.report for one in reversed(run.folders) if one.report), None)
    # Of a run whose shards have reports of their own, none is that of the whole.
    report = report if list(last) == [0] or (run.merged and run.merged.report) else None
    return _merged(store, run.attempts, where=where, report=report)


def _merged(
    store: Store, journals: Mapping[tuple[int, int], Folder], *, where: str, report: str | None
) -> Run:
    """Merge the journals of attempts, which are copied, for they may be large."""
    with TemporaryDirectory(prefix="agentrig-history-") as scratch:
        attempts: list[tuple[str, Attempt]] = []
        run, shards = "", 0
        for number, ((shard, attempt), folder) in enumerate(journals.items()):
            stored = StoredAttempt(
                store=store,
                run=unquote(where),
                shard=shard,
                attempt=attempt,
                claimed=_newest(folder),
                host="",
                files=folder.files,
            )
            if sum(one.size for one in folder.files.values()) > MOST_JOURNAL_BYTES:
                raise ReportError(f"{where}: its journal is larger than {MOST_JOURNAL_BYTES} bytes")
            file = Path(scratch, str(number))
            with file.open("wb") as output:
                for piece in stored.pieces():
                    output.write(piece)
            name = folder.key.removesuffix("/")
            identity = identify(file)
            if identity is None:
                continue
            if run and (run, shards) != (identity.run, identity.shards):
                raise ReportError(f"{where}: its journals are of different runs")
            run, shards = identity.run, identity.shards
            attempts.append((identity.begin, Attempt(name=name, shard=identity.shard, log=file)))
        if not attempts:
            raise ReportError(f"{where}: no journal has come yet")
        attempts.sort(key=lambda one: one[0])
        merged = merge([one for _, one in attempts], run=run, shards=shards)
        found = condense_records(merged.records(), place=where, report=report)
        ended = all(one.journal and one.journal.finished for one in merged.shards)
        return replace(found, finished=ended)


def _get(store: Store, stored: Stored, most: int, where: str) -> bytes:
    if stored.size > most:
        name = stored.key.rpartition("/")[2]
        raise ReportError(f"{where}: {name} is larger than {most} bytes")
    return store.get(stored.key)


def _newest(folder: Folder) -> dt.datetime:
    return max(one.modified for one in folder.files.values())


def _where(store: Store, key: str) -> str:
    return encodable(f"{store.url.rstrip('/')}/{key}".rstrip("/"))


def encodable(text: str) -> str:
    """Escape what is no UTF-8, as names of files may be."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")
