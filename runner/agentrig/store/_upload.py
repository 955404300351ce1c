"""The results folder of one attempt on its way into a store: begun again where it was broken off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.reporters import ARTIFACTS_FOLDER, JOURNAL_FILE, RESULT_FILES
from agentrig.store._attempts import claim_attempt, piece_key
from agentrig.store._layout import attempt_folder
from agentrig.store._parallel import in_parallel
from agentrig.store._store import media_type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentrig.store._store import Store

__all__ = ["Upload", "put_results", "result_files"]

# What is sent in one piece is in memory, and tells of no progress on the way.
MAX_PIECE_BYTES = 1024 * 1024


class Upload:
    """Puts what an attempt has left in `results` into a store. Not safe for threads.

    Each call raises StoreError where the store is away, and the next one goes on from there.
    `on_progress` is told of bytes that were sent, from any thread.
    """

    def __init__(
        self,
        store: Store,
        *,
        run: str,
        shard: int,
        attempt: int,
        results: Path,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Begin; an `attempt` of 0 is claimed when the store is there."""
        self._store = store
        self._run = run
        self._shard = shard
        self._attempt = attempt
        self._results = results
        self._on_progress = on_progress or (lambda _: None)
        self._bytes = self._lines = 0
        self._piece = b""
        self._done: set[str] = set()

    def follow(self) -> None:
        """Put what is new in the journal. Raises OSError where that cannot be read."""
        folder = self._claim()
        while self._piece or self._read():
            # A piece that got there unseen is the same when it is put again: it never grows.
            key = folder + piece_key(self._lines)
            self._store.put(key, self._piece, media_type=media_type_of(key))
            self._on_progress(len(self._piece))
            self._bytes += len(self._piece)
            self._lines += self._piece.count(b"\n")
            self._piece = b""

    def finish(self) -> None:
        """Put all that there is, the journal first. Raises OSError where it cannot be read."""
        folder = self._claim()
        if self._lines or self._piece:
            # What is missing is there sooner than the whole.
            self.follow()
        put_results(
            self._store, folder, self._results, done=self._done, on_progress=self._on_progress
        )

    def _claim(self) -> str:
        if not self._attempt:
            self._attempt = claim_attempt(self._store, self._run, self._shard)
        return attempt_folder(self._run, self._shard, self._attempt)

    def _read(self) -> bytes:
        """Read the next whole lines of the journal, as many as a piece has, but at least one."""
        read = b""
        with (self._results / JOURNAL_FILE).open("rb") as journal:
            journal.seek(self._bytes)
            while chunk := journal.read(MAX_PIECE_BYTES):
                read += chunk
                if b"\n" in chunk:
                    break
        self._piece = read[: read.rfind(b"\n") + 1]
        return self._piece


def result_files(results: Path) -> list[str]:
    """Name all files of a results folder that are kept: the journal, reports, artifacts.

    Raises OSError where the folder cannot be read.
    """
    reports = [name for name in RESULT_FILES if (results / name).exists() or name == JOURNAL_FILE]
    return [*reports, *sorted(_artifacts(results))]


def _artifacts(results: Path) -> Iterator[str]:
    for folder, _, names in os.walk(results / ARTIFACTS_FOLDER):
        for name in names:
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(results).as_posix()


def put_results(
    store: Store,
    folder: str,
    results: Path,
    *,
    done: set[str],
    on_progress: Callable[[int], None] | None = None,
) -> None:
    """Put all files of a results folder that are not `done`, which grows; the journal first.

    Raises StoreError, and OSError where a file cannot be read.
    """

    def put(name: str) -> None:
        try:
            store.put_file(
                folder + name,
                results / name,
                media_type=media_type_of(name),
                on_progress=on_progress,
            )
        except FileNotFoundError:
            # Whoever made an artifact may take it away again; of the others, all are written.
            if not name.startswith(f"{ARTIFACTS_FOLDER}/"):
                raise
        done.add(name)

    journal, *others = result_files(results)
    for names in ([journal], others):
        in_parallel(put, [name for name in names if name not in done])
