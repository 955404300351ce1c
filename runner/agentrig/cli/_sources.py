"""What `agentrig report` reads: journals, results folders and logs, one of them or many."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError, UsageError
from agentrig.events import TroubleFound
from agentrig.merge import Attempt, Identity, Merged, identify, merge
from agentrig.reporters import JOURNAL_FILE, find_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig.store import RunAddress

__all__ = ["MergedSource", "journal_of", "merge_sources", "run_in_store"]

_STANDARD_INPUT = "-"


class MergedSource(Struct, frozen=True, kw_only=True):
    """A run that was merged from files, which are read again for its records."""

    merged: Merged
    files: tuple[Path, ...]

    def refuse(self, output: Path) -> None:
        """Raise UsageError if what is to be written is one of the files."""
        if output.resolve() in {file.resolve() for file in self.files}:
            raise UsageError(f"--results would overwrite '{output}', which is read: name another")


def run_in_store(sources: Sequence[str]) -> RunAddress | None:
    """Say which run of a store is meant, if one is. Raises UsageError."""
    if not any("runs" in source or source.startswith("s3://") for source in sources):
        return None
    from agentrig.store import run_address  # noqa: PLC0415  # seldom needed

    addresses = [run_address(source) for source in sources]
    if len(sources) > 1 and any(addresses):
        raise UsageError("a run in a store is read alone, with all that belongs to it")
    if addresses[0] is None and sources[0].startswith("s3://"):
        raise UsageError(f"'{sources[0]}' is no run in a store: write s3://BUCKET/PREFIX/runs/RUN")
    return addresses[0]


def journal_of(source: Path) -> tuple[str, bytes]:
    """Find the journal in one source; give its name for messages, and all of it.

    Raises UsageError for what cannot be read, and for what is no source of results.
    """
    if str(source) == _STANDARD_INPUT:
        name, content, whole = "standard input", sys.stdin.buffer.read(), True
    else:
        file = _file(source)
        name = str(file)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read '{file}': {error.strerror}") from error
        whole = file.name != JOURNAL_FILE
    begin = b'{"kind":'
    # A journal that is empty or cut in its first word is of a run that was killed at once.
    if content.lstrip().startswith(begin) or (not whole and begin.startswith(content)):
        return name, content
    blocks = find_blocks(content.decode("utf-8", errors="replace"), name=name)
    if not blocks:
        raise UsageError(
            f"{name}: neither a journal nor a log with a journal block (run with --log-journal)"
        )
    # A log may hold more than one attempt; the last one decided.
    return name, blocks[-1]


def merge_sources(sources: Sequence[Path]) -> MergedSource:
    """Merge the logs or journals of a run's shards, in any order.

    One that holds no journal is told of as trouble. Raises UsageError for files that are not
    there, that belong to different runs, or of which none holds a journal.
    """
    files = [_file(source) for source in sources]
    found: dict[Path, Identity] = {}
    troubles: list[TroubleFound] = []
    for file in files:
        if str(file) == _STANDARD_INPUT or not file.exists():
            what = "is for a single source" if str(file) == _STANDARD_INPUT else "is not there"
            raise UsageError(f"'{file}' {what}")
        problem = "it has no journal at its end: its runner was killed, or the log was cut"
        try:
            if identity := identify(file):
                found[file] = identity
                continue
        except ReportError as error:
            problem = str(error)
        troubles.append(TroubleFound(reason="ResultsLost", where=str(file), message=problem))
    if not found:
        raise UsageError(
            "none of the sources holds a journal (run with --log-journal): "
            + "; ".join(f"{one.where}: {one.message}" for one in troubles)
        )
    run, shards = _one_run(found)
    attempts = [
        Attempt(name=str(file), shard=identity.shard, log=file)
        for file, identity in sorted(found.items(), key=lambda one: one[1].begin)
    ]
    merged = merge(attempts, run=run, shards=shards, troubles=troubles)
    return MergedSource(merged=merged, files=tuple(files))


def _one_run(found: dict[Path, Identity]) -> tuple[str, int]:
    (first, one), *others = found.items()
    for file, other in others:
        for what, ours, theirs in (
            ("run", one.run, other.run),
            ("number of shards", one.shards, other.shards),
        ):
            if ours != theirs:
                raise UsageError(
                    f"the sources are of different runs: {what} '{ours}' in {first}, "
                    f"and '{theirs}' in {file}"
                )
    return one.run, one.shards


def _file(source: Path) -> Path:
    return source / JOURNAL_FILE if source.is_dir() else source
