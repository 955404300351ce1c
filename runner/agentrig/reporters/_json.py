"""JSON as reports are written in, of whatever a test may have said."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["dump", "encodable"]

_ENCODER = msgspec.json.Encoder()

# Half of a UTF-16 pair, as in file names that are no UTF-8: no encoding can hold one.
_SURROGATE = re.compile("[\ud800-\udfff]")


def dump(content: Any, *, indent: int | None = None) -> bytes:
    """Write events, and what consists of them, as UTF-8; what that cannot hold is replaced."""
    try:
        encoded = _ENCODER.encode(content)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(content)))
    return encoded if indent is None else msgspec.json.format(encoded, indent=indent)


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot hold."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return encodable(value)
        case dict():
            return {_encodable(key): _encodable(item) for key, item in value.items()}
        case list() | tuple():  # a record's tuples stay what they are
            return [_encodable(item) for item in value]
    return value
