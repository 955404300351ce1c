"""Documents that were not delivered when their run ended: from its spool, or from its records."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.search._backoff import Backoff
from agentrig.search._delivery import REQUEST_S, Delivered, Delivery
from agentrig.search._documents import Documents
from agentrig.search._spool import (
    MAX_BYTES,
    MAX_DOCUMENTS,
    Spool,
    Spooled,
    read_segment,
    spooled,
    spooled_segments,
)
from agentrig.search._tell import Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from agentrig.errors import SearchError
    from agentrig.events import Record
    from agentrig.search._settings import SearchSettings

__all__ = ["Pusher"]


class Pusher:
    """Sends what may have been sent before, which changes nothing in the index.

    It gives up when nothing was delivered for the `timeout_s` of the settings, or when the server
    refuses in a way that will last; what comes after is counted and not sent.
    """

    def __init__(
        self,
        settings: SearchSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Connect to nothing yet. Raises UsageError for settings that cannot be used."""
        self._settings = settings
        self._delivery = Delivery(settings, again=True)
        self._clock = clock
        self._sleep = sleep
        self._backoff = Backoff()
        self._has_given_up: SearchError | None = None
        self._sent: dict[str, int] = {}
        self.counts = Counts()

    @property
    def warning(self) -> str | None:
        """What the server did not let be prepared."""
        return self._delivery.warning

    def close(self) -> None:
        """Close the connections."""
        self._delivery.close()

    def push_records(self, records: Iterable[Record]) -> None:
        """Send the documents of a run."""
        for batch in _batches(_documents(records)):
            self._push(batch)

    def push_spool(self, folder: Path) -> None:
        """Send the documents of a spool; those that are not delivered stay in it.

        What was delivered from the run's records is there, and is only taken out of the spool.
        Raises UsageError while its run goes on, and ReportError for what cannot be read.
        """
        spool = Spool(folder)
        try:
            for segment in spooled_segments(folder):
                left: list[Spooled] = []
                for batch in _batches(filter(self._is_unknown, read_segment(segment.file))):
                    done = self._push(batch)
                    left += done.left
                    left += [replace(one, reason=reason) for one, reason in done.refused]
                spool.keep(segment, left)
        finally:
            spool.close()

    def _is_unknown(self, document: Spooled) -> bool:
        return self._sent.get(document.id, -1) < document.version

    def _push(self, documents: Sequence[Spooled]) -> Delivered:
        """Send a batch; give what became of it in the end."""
        self.counts.documents += len(documents)
        total = Delivered(left=list(documents), trouble=self._has_given_up)
        give_up = self._clock() + self._settings.timeout_s
        while total.left and not self._has_given_up:
            done = self._delivery.deliver(total.left, timeout_s=REQUEST_S)
            if len(done.left) < len(total.left):
                give_up = self._clock() + self._settings.timeout_s
                self._backoff.reset()
            total.delivered += done.delivered
            total.refused += done.refused
            total.plain |= done.plain
            total.left, total.trouble = done.left, done.trouble
            if total.left and done.trouble:
                wait_s = self._backoff.next_s(done.trouble.retry_after_s)
                if done.trouble.lasting or self._clock() + wait_s > give_up:
                    self._has_given_up = done.trouble
                else:
                    self._sleep(wait_s)
        self.counts.add(total)
        missing = {one.id for one in [*total.left, *(one for one, _ in total.refused)]}
        self._sent |= {one.id: one.version for one in documents if one.id not in missing}
        return total


def _documents(records: Iterable[Record]) -> Iterator[Spooled]:
    documents = Documents()
    for record in records:
        for document in documents.receive(record):
            yield spooled(document)
    for document in documents.close():
        yield spooled(document)


def _batches(documents: Iterable[Spooled]) -> Iterator[list[Spooled]]:
    batch: list[Spooled] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.body)
        if len(batch) >= MAX_DOCUMENTS or size >= MAX_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
