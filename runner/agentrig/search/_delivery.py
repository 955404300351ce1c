"""Documents to a server, as many at a time as it takes, and what became of each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentrig.errors import SearchError
from agentrig.search._bulk import BULK, Place, bulk_lines, judge
from agentrig.search._client import NDJSON, SearchClient
from agentrig.search._cut import cut_document
from agentrig.search._index import find_places, put_template
from agentrig.search._plain import plain_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.search._settings import SearchSettings
    from agentrig.search._spool import Spooled

__all__ = ["Delivered", "Delivery"]

_TOO_LARGE = 413
_BAD = 400
REQUEST_S = 30.0
# A second attempt, where the first one is 1; without a store there is none, and it is 0.
_FIRST_ATTEMPT = 1


class Delivered(Struct, kw_only=True):
    """What became of documents: `refused` each with the reason, `left` because of `trouble`.

    Those that are `plain` were refused with the fields of users, for the reason of the same name,
    and delivered with these as text.
    """

    delivered: int = 0
    refused: list[tuple[Spooled, str]] = field(default_factory=list)
    plain: dict[str, tuple[Spooled, str]] = field(default_factory=dict)
    left: list[Spooled] = field(default_factory=list)
    trouble: SearchError | None = None


class Delivery:
    """Sends documents to one server. For one thread at a time.

    With `again`, documents may have been delivered before, by whomever: it is looked for them in
    the indices of other days. Else that is done for those of later attempts alone.
    """

    def __init__(self, settings: SearchSettings, *, again: bool = False) -> None:
        """Connect to nothing yet. Raises UsageError for an authority that cannot be used."""
        self._settings = settings
        self._again = again
        self._client = SearchClient(settings)
        self._is_ready = False
        self._may_look = settings.data_stream or settings.dated
        self._max_bytes = 1 << 40
        self.warning: str | None = None
        """What the server did not let be prepared."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deliver(self, documents: Sequence[Spooled], *, timeout_s: float = REQUEST_S) -> Delivered:
        """Send documents; `timeout_s` is the time for each request."""
        done = Delivered()
        waiting = deque([list(documents)])
        places: dict[str, Place] = {}
        try:
            self._prepare(timeout_s)
            places = self._places(documents, timeout_s)
        except SearchError as error:
            done.trouble = error
        while waiting and done.trouble is None:
            self._send(waiting.popleft(), waiting, done, places, timeout_s)
        for batch in waiting:
            done.left += batch
        return done

    def _prepare(self, timeout_s: float) -> None:
        if not self._is_ready:
            self.warning = put_template(self._client, self._settings, timeout_s=timeout_s)
            self._is_ready = True

    def _places(self, documents: Sequence[Spooled], timeout_s: float) -> dict[str, Place]:
        wanted = [one for one in documents if self._again or one.version > _FIRST_ATTEMPT]
        if not wanted or not self._may_look:
            return {}
        found = find_places(self._client, self._settings, wanted, timeout_s=timeout_s)
        if found is None:
            self._may_look = False
        return found or {}

    def _send(
        self,
        batch: list[Spooled],
        waiting: deque[list[Spooled]],
        done: Delivered,
        places: dict[str, Place],
        timeout_s: float,
    ) -> None:
        """Send one batch; what is to be sent in smaller ones is put before what waits."""
        if self._settings.data_stream:
            batch = self._unknown(batch, done, places)
        if not batch:
            return
        lines = bulk_lines(batch, self._settings, places)
        if len(lines) > self._max_bytes and len(batch) > 1:
            waiting.extendleft(_halves(batch))
            return
        try:
            answer = self._client.ask("POST", BULK, lines, media_type=NDJSON, timeout_s=timeout_s)
            judged = judge(answer, batch, url=self._client.url)
        except SearchError as error:
            self._divide(batch, len(lines), waiting, done, error)
            return
        done.delivered += len(judged.delivered)
        done.left += judged.again
        done.trouble = judged.trouble
        for document, reason in judged.refused:
            self._refuse(document, reason, waiting, done)
        for document in judged.conflicts:
            # Of a data stream, what was seen a moment ago has changed, or cannot be seen yet.
            if self._settings.data_stream and self._may_look and document.version > _FIRST_ATTEMPT:
                done.left.append(document)
                done.trouble = done.trouble or SearchError("another attempt sends the same")
            else:
                done.delivered += 1

    def _unknown(
        self, batch: list[Spooled], done: Delivered, places: dict[str, Place]
    ) -> list[Spooled]:
        """Leave out what a data stream has as it is, or newer."""
        unknown = [
            one for one in batch if one.id not in places or places[one.id].version < one.version
        ]
        done.delivered += len(batch) - len(unknown)
        return unknown

    def _divide(
        self,
        batch: list[Spooled],
        size: int,
        waiting: deque[list[Spooled]],
        done: Delivered,
        error: SearchError,
    ) -> None:
        """Send less at a time if that is what is wrong."""
        is_bad = error.status == _BAD and error.reason
        if error.status != _TOO_LARGE and not is_bad:
            done.trouble = error
            done.left += batch
        elif len(batch) > 1:
            if error.status == _TOO_LARGE:
                self._max_bytes = size // 2
            waiting.extendleft(_halves(batch))
        elif error.status == _TOO_LARGE and (smaller := cut_document(batch[0])):
            waiting.appendleft([smaller])
        else:
            done.refused.append((batch[0], str(error)))

    def _refuse(
        self,
        document: Spooled,
        reason: str,
        waiting: deque[list[Spooled]],
        done: Delivered,
    ) -> None:
        """Try a document again without what users put into it; give up if that does not help."""
        plain = plain_document(document)
        if plain is None:
            original, _ = done.plain.pop(document.id, (document, ""))
            done.refused.append((original, reason))
        else:
            done.plain[document.id] = document, reason
            waiting.append([plain])


def _halves(batch: list[Spooled]) -> tuple[list[Spooled], list[Spooled]]:
    """Give both halves, the second one first, as `extendleft` wants them."""
    middle = len(batch) // 2
    return batch[middle:], batch[:middle]
