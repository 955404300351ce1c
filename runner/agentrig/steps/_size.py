"""Sizes as authors write them: `100B`, `64KiB`, `1MiB`, `10MB`, `1GiB`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["Size", "describe_size", "parse_size"]

_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
}
_PATTERN = r"(\d+(?:\.\d+)?) ?(B|KB|MB|GB|KiB|MiB|GiB)"
_SIZE = re.compile(_PATTERN)

# A pebibyte, and far below what libraries can count to.
_LARGEST = 1 << 50


def parse_size(text: str) -> int:
    """Give the bytes of `64KiB` or `10MB`. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no size: write 64KiB, 1MiB or 10MB")
    size = float(found[1]) * _BYTES[found[2]]
    if size > _LARGEST:
        raise ValueError(f"'{text}' is too large: {_LARGEST >> 30}GiB at most")
    return int(size)


def describe_size(count: int) -> str:
    """Write bytes in the largest unit that says them shortly: `17 B`, `1.5 KiB`, `32 MiB`."""
    for unit in ("GiB", "MiB", "KiB"):
        if count >= _BYTES[unit]:
            return f"{round(count / _BYTES[unit], 1):g} {unit}"
    return f"{count} B"


def _read(value: Any) -> int:
    problem = "'{value}' is no size"
    hint = "write 64KiB, 1MiB or 10MB"
    if isinstance(value, int | float) and not isinstance(value, bool):
        hint = f"say the unit: {value:g}B" if 0 < value <= _LARGEST else hint
    elif isinstance(value, str) and _SIZE.fullmatch(value.strip()):
        try:
            if size := parse_size(value):
                return size
            hint = "a size of nothing lets nothing through"
        except ValueError:
            problem, hint = "'{value}' is too large", f"{_LARGEST >> 30}GiB at most"
    raise PydanticCustomError("size", problem, {"value": value, "hint": hint})


Size = Annotated[
    int,
    BeforeValidator(_read),
    WithJsonSchema({"type": "string", "pattern": f"^{_PATTERN}$", "examples": ["64KiB", "1MiB"]}),
]
"""A positive number of bytes once it is read."""
