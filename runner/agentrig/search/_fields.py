"""What users name themselves, made safe for an index: names, types, sizes and numbers of fields.

A document that does not fit its index is refused as a whole, so that nothing of users may decide
the type of one of our fields, and nothing of them is lost: what cannot be a field stands under
`unindexed`, where it can be read and not be searched for.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.search._mapping import KEYWORDS, PROPERTIES, is_number_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UserFields", "field_name"]

MAX_FIELDS = 100
MAX_DEPTH = 3
MAX_VALUES = 100
MAX_NAME = 100
MAX_CHARACTERS = 8_000
MAX_UNINDEXED = 50
LARGEST = 3e38  # of a `float`; what is beyond it, and NaN, would be refused

# A dot would make an object of its first part, which may be a number already.
_NOT_IN_NAMES = re.compile(r"[^\w@/-]+")


def field_name(name: str) -> str:
    """Give the name that a field has in the index; empty if nothing of it can stand there."""
    # Names that begin with `_` are the server's own.
    return _NOT_IN_NAMES.sub("_", name).lstrip("_")[:MAX_NAME]


class UserFields:
    """Puts what users recorded into a document, as far as that may have it."""

    def __init__(self, body: dict[str, Any]) -> None:
        """Fill `body`, whose fields of our own are not touched."""
        self._body = body
        self._left = MAX_FIELDS
        self._unindexed: dict[str, Any] = {}

    def put(self, data: Mapping[str, Any]) -> None:
        """Add values of any kind that JSON has; those that came before are replaced."""
        for name, value in data.items():
            field = field_name(name)
            if field == "markers" and isinstance(value, list):
                # Those of pytest stand beside the tags, which are markers as well.
                self._body[field] = list(
                    dict.fromkeys([*self._body.get(field, ()), *map(str, value)])
                )
            elif not self._put_field(field, value):
                self._put_unindexed(name, value)

    def put_numbers(self, numbers: Mapping[str, list[float]]) -> None:
        """Add metrics under their own names where those are free; they stand elsewhere as well."""
        for name, values in numbers.items():
            field = field_name(name)
            if self._is_free(field) and _is_number(values):
                self._set(field, values[0] if len(values) == 1 else values[:MAX_VALUES])

    def finish(self) -> None:
        """Add what could not be a field."""
        if self._unindexed:
            self._body["unindexed"] = {**self._body.get("unindexed", {}), **self._unindexed}

    def _put_field(self, field: str, value: Any) -> bool:
        if field in KEYWORDS:
            if isinstance(value, str | int | float):
                self._body[field] = _word(value)
            return isinstance(value, str | int | float)
        if not self._is_free(field) or (is_number_name(field) and not _is_number(value)):
            return False
        safe = _Safe()
        made = safe.value(value, field)
        if not safe.fields or safe.fields > self._left:
            return False
        if safe.left_out:
            self._put_unindexed(field, safe.left_out)
        self._set(field, made, safe.fields)
        return True

    def _is_free(self, field: str) -> bool:
        fixed = field in PROPERTIES and not is_number_name(field)
        return bool(field) and not fixed and field not in KEYWORDS and self._left > 0

    def _set(self, field: str, value: Any, fields: int = 1) -> None:
        self._left -= fields
        self._body[field] = value

    def _put_unindexed(self, name: str, value: Any) -> None:
        if len(self._unindexed) < MAX_UNINDEXED:
            text = json.dumps(value, ensure_ascii=False, default=str)
            kept = _word(value) if isinstance(value, str | int | float) else cut(text, 2_000)
            self._unindexed[field_name(name) or "unnamed"] = kept


class _Safe:
    """Makes a value that an index can take; counts its fields, keeps what it cannot hold."""

    def __init__(self) -> None:
        self.fields = 0
        self.left_out: dict[str, Any] = {}

    def value(self, value: Any, place: str, depth: int = 1) -> Any:
        if isinstance(value, dict):
            return self._object(value, place, depth)
        if isinstance(value, list):
            return self._list(value, place)
        self.fields += 1
        if isinstance(value, str):
            return cut(value, MAX_CHARACTERS)
        return (
            value if value is None or isinstance(value, bool) or _is_number(value) else str(value)
        )

    def _object(self, value: dict[str, Any], place: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, item in value.items():
            field = field_name(name)
            below = f"{place}.{name}"
            is_object = isinstance(item, dict)
            wrong = is_number_name(field) and not _is_number(item)
            if not field or wrong or (is_object and depth >= MAX_DEPTH):
                self.left_out[below] = item
            else:
                made[field] = self.value(item, below, depth + 1)
        return made

    def _list(self, values: list[Any], place: str) -> list[Any]:
        """Keep a list of one kind of plain values: no field holds two."""
        self.fields += 1
        plain = [one for one in values if isinstance(one, str | int | float)]
        kinds = {_kind(one) for one in plain}
        if len(plain) < len(values) or len(kinds) > 1:
            self.left_out[place] = values
            return []
        return [cut(one, 500) if isinstance(one, str) else one for one in plain[:MAX_VALUES]]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _is_number(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_number(one) for one in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST <= value <= LARGEST


def _word(value: str | float) -> str:
    return cut(value, MAX_CHARACTERS) if isinstance(value, str) else json.dumps(value)
