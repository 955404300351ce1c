"""Durations as authors write them: `250ms`, `10s`, `1.5m`, `1h`, `7d`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["Duration", "describe_duration", "parse_duration"]

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PATTERN = r"(\d+(?:\.\d+)?)(ms|s|m|h|d)"
_DURATION = re.compile(_PATTERN)

# A hundred years: clocks and timers of libraries end somewhere beyond.
_LONGEST_DAYS = 36_500
_LONGEST_S = _LONGEST_DAYS * _SECONDS["d"]


def parse_duration(text: str) -> float:
    """Give the seconds of `250ms`, `10s`, `1.5m`, `1h` or `7d`. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no duration: write 250ms, 10s, 1.5m or 1h")
    seconds = float(found[1]) * _SECONDS[found[2]]
    if seconds > _LONGEST_S:
        raise ValueError(f"'{text}' is too long: {_LONGEST_DAYS}d at most")
    return seconds


def describe_duration(seconds: float) -> str:
    """Write seconds in the largest unit that keeps them short: `250 ms`, `10 s`, `1.5 min`."""
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    if seconds < _SECONDS["m"] or seconds % _SECONDS["m"]:
        return f"{seconds:g} s"
    if seconds < _SECONDS["h"] or seconds % _SECONDS["h"]:
        return f"{seconds / _SECONDS['m']:g} min"
    return f"{seconds / _SECONDS['h']:g} h"


def _read(value: Any) -> float:
    problem = "'{value}' is no duration"
    hint = "write 250ms, 10s, 1.5m or 1h"
    if isinstance(value, int | float) and not isinstance(value, bool):
        hint = f"say the unit: {value:g}s" if 0 < value <= _LONGEST_S else hint
    elif isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        try:
            if seconds := parse_duration(value):
                return seconds
            problem = "'{value}' is no time at all"
        except ValueError:
            problem, hint = "'{value}' is too long", f"{_LONGEST_DAYS}d at most"
    raise PydanticCustomError("duration", problem, {"value": value, "hint": hint})


Duration = Annotated[
    float,
    BeforeValidator(_read),
    WithJsonSchema({"type": "string", "pattern": f"^{_PATTERN}$", "examples": ["250ms", "10s"]}),
]
"""A positive time, in seconds once it is read."""
