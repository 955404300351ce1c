"""What an index must have before documents come, and what it holds of earlier attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from agentrig.errors import SearchError
from agentrig.search._bulk import Place
from agentrig.search._template import TEMPLATE_VERSION, index_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.search._client import SearchClient
    from agentrig.search._settings import SearchSettings
    from agentrig.search._spool import Spooled

__all__ = ["find_places", "put_template"]

_NOT_FOUND = 404
# The rights are somebody else's, or the server has a template in the way.
_NOT_MINE = {400, 403, 405}
_FORBIDDEN = {401, 403}


def put_template(client: SearchClient, settings: SearchSettings, *, timeout_s: float) -> str | None:
    """Put the index template, unless there is one; give a warning if that is not allowed.

    A template that is newer than this package's, or that is no longer ours, stays as it is. Raises
    SearchError if nothing can be said about it, or if documents would make an index of their own
    kind where a data stream was wanted.
    """
    path = f"/_index_template/{quote(settings.template)}"
    wanted = index_template(settings.pattern, data_stream=settings.data_stream)
    try:
        if not _is_good(_template(client, path, timeout_s)):
            client.ask("PUT", path, msgspec.json.encode(wanted), timeout_s=timeout_s)
    except SearchError as error:
        if error.status not in _NOT_MINE or not error.reason:
            raise
        if settings.data_stream:
            # Without its template the first document makes an index of that name.
            client.ask("GET", f"/_data_stream/{quote(settings.index)}", timeout_s=timeout_s)
            return None
        return (
            f"the index template '{settings.template}' could not be put ({error}): without it, "
            "fields get other types than searches and dashboards need"
        )
    return None


def _template(client: SearchClient, path: str, timeout_s: float) -> Any:
    try:
        answer = client.ask("GET", path, timeout_s=timeout_s)
    except SearchError as error:
        if error.status != _NOT_FOUND:
            raise
        return None
    found = answer.get("index_templates") if isinstance(answer, dict) else None
    return found[0].get("index_template") if isinstance(found, list) and found else None


def _is_good(template: Any) -> bool:
    if not isinstance(template, dict):
        return False
    meta = template.get("_meta")
    if not isinstance(meta, dict) or meta.get("managed_by") != "agentrig":
        return True
    version = template.get("version")
    return isinstance(version, int) and version >= TEMPLATE_VERSION


def find_places(
    client: SearchClient,
    settings: SearchSettings,
    documents: Sequence[Spooled],
    *,
    timeout_s: float,
) -> dict[str, Place] | None:
    """Find the documents that are there already, by id; None if that may not be looked for.

    An index of another day may hold them, or of a data stream the one before its last rollover:
    there the server would take them a second time. Raises SearchError.
    """
    query = {
        "size": min(2 * len(documents), 10_000),
        "query": {"ids": {"values": [document.id for document in documents]}},
        "_source": ["attempt"],
        "seq_no_primary_term": True,
    }
    path = f"/{quote(settings.everywhere, safe='*')}/_search?ignore_unavailable=true"
    try:
        answer = client.ask("POST", path, msgspec.json.encode(query), timeout_s=timeout_s)
    except SearchError as error:
        if error.status in _FORBIDDEN:
            return None
        if error.status == _NOT_FOUND:
            return {}
        raise
    places: dict[str, Place] = {}
    for hit in _hits(answer):
        name, place = hit
        if name not in places or places[name].version < place.version:
            places[name] = place
    return places


def _hits(answer: Any) -> list[tuple[str, Place]]:
    try:
        return [
            (
                str(hit["_id"]),
                Place(
                    index=str(hit["_index"]),
                    seq_no=int(hit["_seq_no"]),
                    primary_term=int(hit["_primary_term"]),
                    version=int(hit.get("_source", {}).get("attempt") or 0),
                ),
            )
            for hit in answer["hits"]["hits"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SearchError("the search server answers a search with something else") from error
