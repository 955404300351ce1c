"""A document as any index of the template takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from agentrig.search._documents import Document

if TYPE_CHECKING:
    from agentrig.search._spool import Spooled

__all__ = ["plain_document"]


def plain_document(document: Spooled) -> Spooled | None:
    """Give a document without fields of users; None if it had none left."""
    body = msgspec.json.decode(document.body)
    if not isinstance(body, dict):
        return None
    unindexed = body.get("unindexed")
    if isinstance(unindexed, dict) and "refused" in unindexed:
        return None
    plain = Document(document.id, document.version, body).plain()
    return replace(document, body=msgspec.json.encode(plain.body))
