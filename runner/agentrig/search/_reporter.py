"""The reporter: documents into the spool at once, and to the server from a thread of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.errors import ReportError, ReportWarning
from agentrig.events import RunFinished
from agentrig.search._backoff import LONGEST_S, Backoff
from agentrig.search._delivery import REQUEST_S, Delivered, Delivery
from agentrig.search._documents import Documents
from agentrig.search._spool import SPOOL_FOLDER, Segment, Spool, read_segment, spooled
from agentrig.search._tell import Counts

if TYPE_CHECKING:
    from agentrig.events import Record
    from agentrig.search._documents import Document
    from agentrig.search._settings import SearchSettings

__all__ = ["SearchReporter"]

LINGER_S = 1.0
"""How long a document waits for others."""

# At the end there is no time for long waits.
_LAST_PAUSE_S = 2.0
# Whoever interrupts a run waits for its end, and a pod is killed 60 s after it.
_INTERRUPTED_S = 10.0
_INTERRUPTED = 2
# A request that is under way when the time is over may still bring an answer.
_GRACE_S = 0.5


class SearchReporter:
    """Sends a document for each scenario when it has ended, and one for the run.

    `receive` writes to the spool and nothing else. The end waits `timeout_s` for what is not
    acknowledged yet; what stays in the spool then is told by a ReportWarning, and by a ReportError
    where delivery is required.
    """

    def __init__(self, settings: SearchSettings, results: Path | None) -> None:
        """Make the spool in the folder of the results, else in a temporary one.

        Raises OSError if that cannot be, UsageError for settings that cannot be used.
        """
        self._settings = settings
        self._results = results
        # A test may change the working directory.
        folder = Path(tempfile.mkdtemp(prefix="agentrig-")) if results is None else results
        self._own = None if results else folder
        self._spool = Spool(folder.absolute() / SPOOL_FOLDER)
        self._documents = Documents()
        self._delivery = Delivery(settings)
        self._counts = Counts()
        self._changed = threading.Condition()
        self._sealed: deque[Segment] = deque()
        self._timeout_s = settings.timeout_s
        self._deadline: float | None = None
        self._is_over = False
        self._has_ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def receive(self, record: Record) -> None:
        """Spool the documents that are whole with a record."""
        if self._is_over:
            return  # a run that is interrupted while it ends has another end
        if isinstance(record.event, RunFinished) and record.event.exit_code == _INTERRUPTED:
            self._timeout_s = min(self._timeout_s, _INTERRUPTED_S)
        for document in self._documents.receive(record):
            self._append(document)

    def close(self) -> None:
        """Send what is left, for a bounded time; say what did not arrive."""
        if self._is_over:
            return
        for document in self._documents.close():
            self._append(document)
        if self._thread is not None:
            with self._changed:
                # It is called again where the wait was interrupted: then there is no other one.
                has_waited = self._deadline is not None
                self._deadline = time.monotonic() + (0 if has_waited else self._timeout_s)
                self._seal()
            if not has_waited:
                self._has_ended.wait(self._timeout_s + _GRACE_S)
        with self._changed:
            # A request that hangs even now changes nothing any more.
            self._is_over = True
        self._spool.close()
        if self._failure:
            raise self._failure
        self._tell()

    def _append(self, document: Document) -> None:
        with self._changed:
            self._counts.documents += 1
            was_open = self._spool.is_open
            segment = self._spool.append(spooled(document))
            if segment:
                self._sealed.append(segment)
            if segment or not was_open:
                self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="search", daemon=True)
            self._thread.start()

    def _seal(self) -> None:
        if segment := self._spool.seal():
            self._sealed.append(segment)
        self._changed.notify()

    def _work(self) -> None:
        try:
            self._deliver_all()
        except Exception as error:  # noqa: BLE001  # it is raised where the run ends
            self._failure = error
        finally:
            self._has_ended.set()
            self._delivery.close()

    def _deliver_all(self) -> None:
        backoff = Backoff()
        while segment := self._next():
            documents = list(read_segment(segment.file))
            was_closing = self._deadline is not None
            done = self._delivery.deliver(documents, timeout_s=self._request_s())
            if not self._settle(segment, done):
                return
            if done.trouble is None:
                backoff.reset()
                continue
            if was_closing and done.trouble.lasting:
                return
            longest_s = _LAST_PAUSE_S if was_closing else LONGEST_S
            if not self._pause(backoff.next_s(done.trouble.retry_after_s, longest_s=longest_s)):
                return

    def _next(self) -> Segment | None:
        """Wait for a segment to send; none comes when the end has come and all are sent."""
        with self._changed:
            while not self._sealed:
                if self._deadline is not None or self._is_over:
                    return None
                if self._spool.is_open:
                    if not self._changed.wait(LINGER_S) and not self._sealed:
                        self._seal()
                else:
                    self._changed.wait()
            return self._sealed[0]

    def _settle(self, segment: Segment, done: Delivered) -> bool:
        """Keep what is left of a segment; tell whether to go on."""
        with self._changed:
            if self._is_over:
                return False
            self._spool.refuse(replace(one, reason=reason) for one, reason in done.refused)
            self._spool.keep(segment, done.left)
            self._counts.add(done)
            if not done.left:
                self._sealed.popleft()
            return True

    def _pause(self, seconds: float) -> bool:
        """Wait, but not beyond the run's end; tell whether there is time for another try."""
        with self._changed:
            until = time.monotonic() + seconds
            was_closing = self._deadline is not None
            while (left := until - time.monotonic()) > 0:
                if self._deadline is not None:
                    if not was_closing:
                        return True  # the end is the moment to try at once
                    left = min(left, self._deadline - time.monotonic())
                    if left <= 0:
                        return False
                self._changed.wait(left)
            return not self._is_over

    def _request_s(self) -> float:
        if self._deadline is None:
            return REQUEST_S
        return max(min(REQUEST_S, self._deadline - time.monotonic()), 0.1)

    def _tell(self) -> None:
        url, counts = self._settings.url, self._counts
        folder = self._spool.folder.parent if self._own else self._results
        shortfall = counts.shortfall(
            url,
            where=f"'{SPOOL_FOLDER}' of '{folder}'",
            again=f"`agentrig report push {folder}`",
        )
        if self._own and not shortfall:
            shutil.rmtree(self._own, ignore_errors=True)
        if shortfall and self._settings.require_delivery:
            raise ReportError(shortfall)
        warnings = [shortfall, self._delivery.warning, counts.simplified(url)]
        if said := "; ".join(warning for warning in warnings if warning):
            raise ReportWarning(said)
