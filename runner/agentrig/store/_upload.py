"""The results folder of one attempt on its way into a store: begun again where it was broken off."""

from __future__ import annotations

import os
from collections import deque
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

__all__ = ["Upload", "put_result", "result_files"]

# What is sent in one piece is in memory, and tells of no progress on the way.
MAX_PIECE_BYTES = 1024 * 1024


class Upload:
    """Puts what an attempt has left in `results` into a store, from one thread.

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
        self._saved: deque[str] = deque()

    def save(self, name: str) -> None:
        """Let an artifact be put with what follows; from any thread. Other names are passed over."""
        if name.startswith(f"{ARTIFACTS_FOLDER}/") and ".." not in name.split("/"):
            self._saved.append(name)

    def follow(self) -> None:
        """Put what is new: the journal, then artifacts. Raises OSError where it cannot be read."""
        folder = self._claim()
        while self._piece or self._read():
            # A piece that got there unseen is the same when it is put again: it never grows.
            key = folder + piece_key(self._lines)
            self._store.put(key, self._piece, media_type=media_type_of(key))
            self._on_progress(len(self._piece))
            self._bytes += len(self._piece)
            self._lines += self._piece.count(b"\n")
            self._piece = b""
        while self._saved:
            self._put(folder, self._saved[0])
            self._saved.popleft()

    def finish(self) -> None:
        """Put all that there is, the journal first. Raises OSError where it cannot be read."""
        folder = self._claim()
        if self._lines or self._piece:
            # What is missing is there sooner than the whole.
            self.follow()
        journal, *others = result_files(self._results)
        for names in ([journal], others):
            missing = [name for name in names if name not in self._done]
            in_parallel(lambda name: self._put(folder, name), missing)

    def _put(self, folder: str, name: str) -> None:
        if name not in self._done:
            put_result(self._store, folder, self._results, name, on_progress=self._on_progress)
            self._done.add(name)

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


def put_result(
    store: Store,
    folder: str,
    results: Path,
    name: str,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> None:
    """Put a file of a results folder; one that is gone is only missed if it is no artifact."""
    try:
        store.put_file(
            folder + name, results / name, media_type=media_type_of(name), on_progress=on_progress
        )
    except FileNotFoundError:
        # Whoever made an artifact may take it away again; of the others, all are written.
        if not name.startswith(f"{ARTIFACTS_FOLDER}/"):
            raise
