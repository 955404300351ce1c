"""The results of a run into a store, while it runs and at its end."""

from __future__ import annotations

import shlex
import threading
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError, StoreError
from agentrig.events import ArtifactSaved
from agentrig.store._upload import Upload

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record
    from agentrig.store._store import Store

__all__ = ["Pace", "StoreReporter"]

_LOOK_EVERY_S = 0.2


class Pace(Struct, frozen=True, kw_only=True):
    """How often, and for how long, in seconds.

    New records are put every `every_s`; while the store is away, it is asked again after
    `again_s` at first and `at_most_s` in the end. At the end of a run `patience_s` may pass in
    which nothing gets there, or `hurried_s` after a second signal.
    """

    every_s: float = 2.0
    again_s: float = 0.5
    at_most_s: float = 15.0
    patience_s: float = 30.0
    hurried_s: float = 3.0


class StoreReporter:
    """Puts a results folder into a store; it must be the last to end, when all is written.

    A thread of its own reads the journal from its file, so that no step ever waits for the store.
    """

    def __init__(
        self,
        store: Store,
        *,
        run: str,
        shard: int,
        attempt: int,
        results: Path,
        pace: Pace | None = None,
    ) -> None:
        """Take the `attempt` of a shard; one of 0 is claimed as soon as the store is there."""
        self._store = store
        self._results = results
        self._pace = pace or Pace()
        # A test may change the working directory.
        self._upload = Upload(
            store,
            run=run,
            shard=shard,
            attempt=attempt,
            results=results.absolute(),
            on_progress=self._progress,
        )
        self._thread: threading.Thread | None = None
        self._ending, self._done = threading.Event(), threading.Event()
        self._given_up = self._is_hurried = False
        self._progressed_s = 0.0
        self._trouble: Exception | None = None

    def receive(self, record: Record) -> None:
        """Begin to look at the journal, in which all records are; take note of artifacts."""
        if isinstance(record.event, ArtifactSaved):
            self._upload.save(record.event.path)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="agentrig-store", daemon=True)
            self._thread.start()

    def hurry(self) -> None:
        """Let `close` wait for seconds; for a handler of signals, which may take no lock."""
        self._is_hurried = True

    def close(self) -> None:
        """Put what is left. Raises ReportError, with what to do, where that cannot be done."""
        if self._thread is None:
            return
        self._progressed_s = time.monotonic()
        self._ending.set()
        try:
            patience_s = self._wait()
            silence = f"nothing got there within {patience_s:g} s"
        except KeyboardInterrupt:
            # Whoever waits for the store has the results here, and is told how they get there.
            silence = "interrupted before all was there"
        self._given_up = True
        trouble = self._trouble
        if not self._done.is_set():
            trouble = StoreError(f"{silence}: {trouble}" if trouble else silence)
        if trouble:
            again = shlex.join(
                ["agentrig", "report", "store", str(self._results), "--store", self._store.url]
            )
            raise ReportError(
                f"the results are not all in the store: {trouble}; "
                f"they are in '{self._results}', and `{again}` puts them there"
            ) from trouble

    def _wait(self) -> float:
        """Wait for the end, or for so long that nothing got there; give that time."""
        while True:
            patience_s = self._pace.patience_s
            if self._is_hurried:
                patience_s = min(patience_s, self._pace.hurried_s)
            left_s = self._progressed_s + patience_s - time.monotonic()
            if left_s <= 0 or self._done.wait(min(left_s, _LOOK_EVERY_S)):
                return patience_s

    def _progress(self, _: int) -> None:
        self._progressed_s = time.monotonic()

    def _work(self) -> None:
        try:
            self._follow()
            self._finish()
        except Exception as error:  # noqa: BLE001  # told by `close`, in the caller's thread
            self._trouble = error
        self._done.set()

    def _follow(self) -> None:
        # The plan at once: whoever finds nothing more then knows what is missing.
        pause_s = self._pace.again_s
        while not self._ending.wait(pause_s):
            try:
                self._upload.follow()
            except (StoreError, OSError) as error:
                pause_s = self._longer(pause_s if self._trouble else 0)
                self._trouble = error
            else:
                pause_s, self._trouble = self._pace.every_s, None

    def _finish(self) -> None:
        pause_s = 0.0
        while not self._given_up:
            try:
                self._upload.finish()
            except StoreError as error:
                self._trouble = error
                if error.lasting:
                    return
                pause_s = min(self._longer(pause_s), self._pace.patience_s / 8)
                time.sleep(pause_s)
            else:
                self._trouble = None
                return

    def _longer(self, pause_s: float) -> float:
        return min(max(2 * pause_s, self._pace.again_s), self._pace.at_most_s)
