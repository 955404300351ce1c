"""Whether a value that YAML can express can be sent as JSON."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["json_problem"]


_GOOD = frozenset({str, int, bool, type(None)})
_TEXT = frozenset({str})


def json_problem(
    value: Any, *, text_keys: bool = False
) -> tuple[tuple[str | int, ...], str] | None:
    """Find the first part of `value` that is no JSON: where in it, and what is wrong.

    An anchor that is used twice is walked once, so that nested aliases cost nothing. JSON is
    written with keys like `1` as text; `text_keys` refuses them, where they would be compared.
    """
    if type(value) in _GOOD:  # as nearly all values that checks compare with
        return None
    if type(value) is dict and _is_flat(value):  # as most bodies
        return None
    return _Walk(text_keys=text_keys).problem_in(value, within=(), above=())


def _is_flat(value: dict[Any, Any]) -> bool:
    """Tell whether nothing but good values stands under keys of text."""
    return _TEXT.issuperset(map(type, value)) and _GOOD.issuperset(map(type, value.values()))


class _Walk:
    def __init__(self, *, text_keys: bool) -> None:
        self._text_keys = text_keys
        self._good: set[int] = set()

    def problem_in(
        self, value: Any, *, within: tuple[str | int, ...], above: tuple[int, ...]
    ) -> tuple[tuple[str | int, ...], str] | None:
        if id(value) in above:
            return within, "the alias stands for a value that holds it: JSON cannot be endless"
        if not isinstance(value, dict | list | tuple):
            problem = _scalar_problem(value)
            return (within, problem) if problem else None
        if id(value) in self._good:
            return None
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and self._is_no_key(part):
                return within, "a key of a JSON object must be text"
            if type(inner) in _GOOD:
                continue
            found = self.problem_in(inner, within=(*within, part), above=(*above, id(value)))
            if found:
                return found
        self._good.add(id(value))
        return None

    def _is_no_key(self, key: Any) -> bool:
        return isinstance(key, tuple | bytes) or (self._text_keys and not isinstance(key, str))


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"JSON has no number {value}"
    if isinstance(value, bytes | set):
        return f"JSON cannot hold {'a set' if isinstance(value, set) else 'binary data'}"
    return None
