"""Text of anybody within Markdown: it stays text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig._excerpt import printable
from agentrig._redact import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["code", "code_cell", "fenced", "table", "text"]

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile(r"([\\`*_\[\]#|~$]|(?<=:)/(?=/))")
_TICKS = re.compile("`+")
_PIPE = re.compile(r"(?<!\\)\|")


def text(value: str, limit: int = 200) -> str:
    """Write a text as a part of a line: nothing in it is markup, a mention, a link or a tag."""
    line = printable(" ".join(cut(value, limit).split()))
    line = _SPECIAL.sub(r"\\\1", "".join(_HTML.get(one, one) for one in line))
    # Those who are named shall not be notified.
    return line.replace("@", "@\N{ZERO WIDTH NON-JOINER}")


def code(value: str, limit: int = 200) -> str:
    """Write a text as code within a line, between more backticks than stand in it."""
    line = printable(" ".join(cut(value, limit).split()))
    ticks = "`" * (_longest(line) + 1)
    space = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def code_cell(value: str, limit: int = 200) -> str:
    """Write a text as code in a cell of a table, of which a pipe would be the end even so."""
    return code(value, limit).replace("|", "\\|") if value.strip() else ""


def fenced(value: str, language: str = "text") -> str:
    """Write a text as a block of code, with a fence that nothing in it can close."""
    body = "\n".join(printable(line).rstrip() for line in value.split("\n")).strip("\n")
    fence = "`" * max(3, _longest(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table; cells are Markdown already."""
    # A pipe ends a cell even within code, unless a backslash stands before it.
    cells = [[_PIPE.sub(r"\\|", cell) for cell in row] for row in rows]
    lines = [heads, ["---" for _ in heads], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _longest(body: str) -> int:
    return max((len(one) for one in _TICKS.findall(body)), default=0)
