"""JSON values: when two are equal, what they are called, and how a message shows them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.checks._matcher import Missing

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["is_number", "json_equal", "json_key", "json_type", "name_type", "path_text", "show"]

# Enough of a value to recognise it in a message; the whole body is in the exchange.
VALUE_CHARACTERS = 500

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*")

_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
_TYPES |= {dict: "object", type(None): "null", tuple: "array"}
_WORDS = {"string": "text", "array": "a list", "object": "a mapping", "null": "null"}


def is_number(value: Any) -> bool:
    """Tell whether a value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def json_type(value: Any) -> str:
    """Name the JSON type of a value."""
    return _TYPES.get(type(value), type(value).__name__)


def json_equal(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1 equals 1.0 and not true; integers are exact at any size."""
    # Python's own comparison is quick, and looser by true and false alone.
    return bool(one == other) and _same_booleans(one, other)


def _same_booleans(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list):
        return all(map(_same_booleans, one, other))
    if isinstance(one, dict):
        return all(_same_booleans(value, other[key]) for key, value in one.items())
    return True


def json_key(value: Any) -> Hashable:
    """Give what is equal for equal JSON values alone, and can be put into a set."""
    if isinstance(value, list):
        return ("array", *map(json_key, value))
    if isinstance(value, dict):
        return ("object", frozenset((key, json_key(inner)) for key, inner in value.items()))
    # 1, 1.0 and True are one key to Python.
    return (isinstance(value, bool), value)


def path_text(path: Sequence[str | int]) -> str:
    """Write the way to a part of a value as a query would: `.issues[0].rule`."""
    parts = [
        f"[{part}]"
        if isinstance(part, int)
        else f".{part}"
        if _PLAIN_KEY.fullmatch(part)
        else f"[{json.dumps(part, ensure_ascii=False)}]"
        for part in path
    ]
    text = "".join(parts)
    return text if text.startswith(".") else f".{text}"


def show(value: Any, limit: int = VALUE_CHARACTERS) -> str:
    """Write a value as JSON, cut to size."""
    if type(value) is Missing:
        return "nothing"
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):
        text = repr(value)
    return cut(text, limit)


def name_type(value: Any) -> str:
    """Name a value by its type and, where it is short, by itself: `the text "abc"`."""
    kind = json_type(value)
    if kind in {"boolean", "number", "null"}:
        return show(value)
    return f"{_WORDS.get(kind, kind)}"
