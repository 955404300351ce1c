"""Saved objects into Kibana or OpenSearch Dashboards, by the import that both have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from agentrig.errors import SearchError
from agentrig.search._client import SearchClient
from agentrig.search.dashboards._saved_objects import write_ndjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.search._settings import SearchSettings

__all__ = ["Installed", "install_dashboards"]

TIMEOUT_S = 60.0

# Each product asks for its own, whatever its value, and takes no notice of the other's.
_XSRF = {"kbn-xsrf": "true", "osd-xsrf": "true"}
_CONFLICTS = frozenset({"conflict", "ambiguous_conflict"})


class Installed(Struct, frozen=True, kw_only=True):
    """How many objects were made or replaced, and how many stand there that were left alone."""

    written: int
    left: int


def install_dashboards(
    settings: SearchSettings,
    objects: list[dict[str, Any]],
    *,
    space: str | None = None,
    tenant: str | None = None,
    overwrite: bool = False,
) -> Installed:
    """Import `objects` into the product at the URL of `settings`, and say what came of it.

    `space` is one of Kibana's, `tenant` one of OpenSearch Dashboards'. What is there already stays
    as it is, unless `overwrite`. Raises SearchError.
    """
    path = f"/s/{quote(space, safe='')}" if space else ""
    path += "/api/saved_objects/_import" + ("?overwrite=true" if overwrite else "")
    boundary = f"agentrig-{os.urandom(12).hex()}"
    headers = {**_XSRF, **({"securitytenant": tenant} if tenant else {})}
    client = SearchClient(settings)
    try:
        answer = client.ask(
            "POST",
            path,
            _form(write_ndjson(objects), boundary),
            media_type=f"multipart/form-data; boundary={boundary}",
            headers=headers,
            packed=False,
            timeout_s=TIMEOUT_S,
        )
    finally:
        client.close()
    return _read(answer, settings.url)


def _form(content: bytes, boundary: str) -> bytes:
    # By its name's end, and by nothing else, the import knows what the file holds.
    head = (
        f"--{boundary}\r\n"
        'content-disposition: form-data; name="file"; filename="agentrig.ndjson"\r\n'
        "content-type: application/ndjson\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode()


def _read(answer: Any, url: str) -> Installed:
    if not isinstance(answer, dict) or not isinstance(answer.get("successCount"), int):
        raise SearchError(
            f"{url} imports nothing: is it the URL of Kibana or OpenSearch Dashboards?"
        )
    errors = answer.get("errors")
    errors = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    refused = [one for one in errors if _type(one) not in _CONFLICTS]
    if refused or (not answer.get("success") and not errors):
        said = "; ".join(_said(one) for one in refused[:3]) or "and does not say why"
        raise SearchError(f"{url} does not take the dashboard: {said}")
    return Installed(written=answer["successCount"], left=len(errors))


def _type(error: Mapping[str, Any]) -> str:
    what = error.get("error")
    return str(what.get("type")) if isinstance(what, dict) else ""


def _said(error: Mapping[str, Any]) -> str:
    """Say why one object was not taken, in one line whatever the server says."""
    what = error.get("error")
    details = what if isinstance(what, dict) else {}
    text = f"{error.get('type')} '{error.get('id')}': {details.get('type')}"
    if details.get("message"):
        text += f": {details['message']}"
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
