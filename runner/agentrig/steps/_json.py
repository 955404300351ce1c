"""Whether a value that YAML can express can be sent as JSON."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["json_problem"]


def json_problem(value: Any) -> tuple[tuple[str | int, ...], str] | None:
    """Find the first part of `value` that is no JSON: where in it, and what is wrong.

    An anchor that is used twice is walked once, so that nested aliases cost nothing.
    """
    return _problem_in(value, within=(), above=(), good=set())


def _problem_in(
    value: Any, *, within: tuple[str | int, ...], above: tuple[int, ...], good: set[int]
) -> tuple[tuple[str | int, ...], str] | None:
    if id(value) in above:
        return within, "the alias stands for a value that holds it: JSON cannot be endless"
    if not isinstance(value, dict | list | tuple):
        problem = _scalar_problem(value)
        return (within, problem) if problem else None
    if id(value) in good:
        return None
    for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(part, tuple | bytes):
            return within, "a key of a JSON object must be text"
        below = (*within, part)
        if found := _problem_in(inner, within=below, above=(*above, id(value)), good=good):
            return found
    good.add(id(value))
    return None


def _scalar_problem(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"JSON has no number {value}"
    if isinstance(value, bytes | set):
        return f"JSON cannot hold {'a set' if isinstance(value, set) else 'binary data'}"
    return None
