"""Where two structures differ: the first place, and the lines around it."""

from __future__ import annotations

import difflib
import json
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.checks._values import json_equal, path_text, show

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["difference"]

MAX_LINES = 40
LINE_CHARACTERS = 200
CONTEXT_LINES = 3
# difflib takes quadratic time: it sees so many lines from the first that differs.
WINDOW_LINES = 400
_LEGEND = ("- expected", "+ got")
# What is written at all: a body may have a million lines.
WRITTEN_LINES = 20_000


def difference(expected: Any, actual: Any) -> str:
    """Tell two different structures apart: the path of the first difference, and a diff."""
    path, want, got = _first_difference(expected, actual)
    head = f"expected {_say(want)} at '{path}', got {_say(got)}"
    return "\n".join([head, *_diff(expected, actual)])


def _say(value: Any) -> str:
    return "nothing" if value is _NOTHING else show(value, LINE_CHARACTERS)


_NOTHING = object()


def _first_difference(expected: Any, actual: Any) -> tuple[str, Any, Any]:
    """Walk down to the first part that differs, in the order of the expectation."""
    path: list[str | int] = []
    while True:
        for part, want, got in _pairs(expected, actual):
            if want is _NOTHING or got is _NOTHING or not json_equal(want, got):
                path.append(part)
                expected, actual = want, got
                break
        else:
            return path_text(path), expected, actual


def _pairs(expected: Any, actual: Any) -> Iterator[tuple[str | int, Any, Any]]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in dict.fromkeys([*expected, *actual]):
            yield key, expected.get(key, _NOTHING), actual.get(key, _NOTHING)
    elif isinstance(expected, list) and isinstance(actual, list):
        pairs = zip_longest(expected, actual, fillvalue=_NOTHING)
        for index, (want, got) in enumerate(pairs):
            yield index, want, got


def _diff(expected: Any, actual: Any) -> list[str]:
    want = list(islice(_lines(expected), WRITTEN_LINES))
    got = list(islice(_lines(actual), WRITTEN_LINES))
    same = next(
        (at for at, (one, other) in enumerate(zip(want, got, strict=False)) if one != other),
        min(len(want), len(got)),
    )
    start = max(0, same - CONTEXT_LINES)
    window = slice(start, start + WINDOW_LINES)
    lines = [*_LEGEND]
    left_out = start > 0
    for line in difflib.unified_diff(want[window], got[window], n=CONTEXT_LINES, lineterm=""):
        if line.startswith("@@"):
            if left_out or not line.startswith("@@ -1,"):
                lines.append("  ...")
        elif not line.startswith(("---", "+++")):
            lines.append(f"{line[0]} {cut(line[1:], LINE_CHARACTERS)}")
    if len(lines) == len(_LEGEND):
        return []  # it lies behind all that was written
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"  ... ({len(lines) - MAX_LINES} more lines of difference)"]
    return lines


def _lines(value: Any, indent: str = "", name: str = "", comma: str = "") -> Iterator[str]:
    """Write a value as JSON with sorted keys, line by line."""
    if isinstance(value, dict | list) and value:
        mapping = isinstance(value, dict)
        yield f"{indent}{name}{'{' if mapping else '['}"
        last = len(value) - 1
        for at, part in enumerate(sorted(value, key=str) if mapping else value):
            key = f"{json.dumps(part, ensure_ascii=False)}: " if mapping else ""
            inner = value[part] if mapping else part
            yield from _lines(inner, indent + "  ", key, "," if at < last else "")
        yield f"{indent}{'}' if mapping else ']'}{comma}"
    else:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as equal as it is, it must not look different
        yield f"{indent}{name}{json.dumps(value, ensure_ascii=False, default=repr)}{comma}"
