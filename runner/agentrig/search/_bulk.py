"""Requests of `_bulk`, and what their answers say of each document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from agentrig.errors import SearchError
from agentrig.search._client import reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.search._settings import SearchSettings
    from agentrig.search._spool import Spooled

__all__ = ["BULK", "Judged", "Place", "bulk_lines", "judge"]

# Of each document what is looked at here, and nothing else: the whole answer is four times as long.
BULK = "/_bulk?filter_path=errors,error,items.*.status,items.*.error"

_OK = range(200, 300)
_CONFLICT = 409
_TOO_MANY = 429
_SERVER_ERRORS = range(500, 600)
# An index that is closed, blocked, missing where none may be made, or not this user's: somebody
# has to mend that, and the documents are as good as before.
_OF_THE_INDEX = {401, 403, 404}
# What stands in the way of all documents, and not in one of them.
_OF_THE_CLUSTER = {"validation_exception", "index_closed_exception", "cluster_block_exception"}


class Place(Struct, frozen=True, kw_only=True):
    """Where an earlier attempt's document stands: only that one is replaced."""

    index: str
    seq_no: int
    primary_term: int
    version: int


class Judged(Struct, frozen=True, kw_only=True):
    """What became of the documents of one request, each in one of the four.

    `conflicts` stand in the index already: the same, or as a newer attempt left them. `again` are
    to be sent again, because of `trouble`.
    """

    delivered: list[Spooled]
    conflicts: list[Spooled]
    refused: list[tuple[Spooled, str]]
    again: list[Spooled]
    trouble: SearchError | None


def bulk_lines(
    documents: Sequence[Spooled], settings: SearchSettings, places: Mapping[str, Place]
) -> bytes:
    """Write the body of a request; `places` are those of earlier attempts, by id."""
    lines: list[bytes] = []
    for document in documents:
        lines += [
            msgspec.json.encode(_action(document, settings, places.get(document.id))),
            document.body,
        ]
    return b"\n".join([*lines, b""])


def _action(document: Spooled, settings: SearchSettings, place: Place | None) -> dict[str, Any]:
    if settings.data_stream:
        if place is None:
            # A data stream takes nothing else; what it has already, it refuses.
            return {"create": {"_index": settings.index, "_id": document.id}}
        return {
            "index": {
                "_index": place.index,
                "_id": document.id,
                "if_seq_no": place.seq_no,
                "if_primary_term": place.primary_term,
            }
        }
    return {
        "index": {
            "_index": place.index if place else settings.place(document.day),
            "_id": document.id,
            # An older attempt is refused, and the same one again is taken: nothing changes.
            "version": document.version,
            "version_type": "external_gte",
        }
    }


def judge(answer: Any, documents: Sequence[Spooled], *, url: str) -> Judged:
    """Read what an answer says of each document. Raises SearchError if it is no such answer."""
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != len(documents):
        raise SearchError(f"{url} answers a bulk request with something else")
    judged = Judged(delivered=[], conflicts=[], refused=[], again=[], trouble=None)
    trouble: SearchError | None = None
    for document, item in zip(documents, items, strict=True):
        status, kind, reason = _result(item)
        if status in _OK:
            judged.delivered.append(document)
        elif status == _CONFLICT:
            judged.conflicts.append(document)
        elif (
            status is None
            or status == _TOO_MANY
            or status in _SERVER_ERRORS
            or status in _OF_THE_INDEX
            or kind in _OF_THE_CLUSTER
        ):
            judged.again.append(document)
            lasting = status is not None and status != _TOO_MANY and status not in _SERVER_ERRORS
            trouble = trouble or SearchError(
                f"{url} answers for a document with {status}: {reason}",
                lasting=lasting,
                status=status,
            )
        else:
            judged.refused.append((document, reason))
    return msgspec.structs.replace(judged, trouble=trouble)


def _result(item: Any) -> tuple[int | None, str, str]:
    """Give the status, the error's type and its text of one item; no status for what is none."""
    action = next(iter(item.values()), None) if isinstance(item, dict) else None
    if not isinstance(action, dict) or not isinstance(action.get("status"), int):
        return None, "", "no status"
    error = action.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    return action["status"], str(kind or ""), reason_of(error)
