"""A document that is too large for the server, made smaller and saying so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from agentrig.search._spool import Spooled

__all__ = ["cut_document"]

# What is left of a text tells what it was; shorter ones are names and identities.
_SHORTEST = 200
_NOTE = "cut_by_agentrig"


def cut_document(document: Spooled) -> Spooled | None:
    """Give the document in at most half of its size; None if its texts are not what makes it large.

    The longest texts are cut first, each with a mark, and a note is put where no index looks.
    """
    body = msgspec.json.decode(document.body)
    if not isinstance(body, dict):
        return None
    wanted = len(document.body) // 2
    texts = sorted((len(text) for text in _texts(body)), reverse=True)
    # Halving the limit reaches any size that can be reached, in a few steps.
    limit = texts[0] if texts else 0
    while limit > _SHORTEST:
        limit = max(limit // 2, _SHORTEST)
        smaller = _cut(body, limit)
        unindexed = smaller.get("unindexed")
        smaller["unindexed"] = {
            **(unindexed if isinstance(unindexed, dict) else {}),
            _NOTE: f"the server takes less than the {len(document.body)} bytes of this document",
        }
        content = msgspec.json.encode(smaller)
        if len(content) <= wanted:
            return replace(document, body=content)
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return []


def _cut(value: Any, limit: int) -> Any:
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}... ({len(value) - limit} characters cut)"
    if isinstance(value, dict):
        return {name: _cut(item, limit) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item, limit) for item in value]
    return value
