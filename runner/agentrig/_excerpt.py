"""The one renderer of a place in a file: message, `path:line:col`, the line, an underline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.errors import Mistake, Position

__all__ = ["printable", "render_excerpt", "render_mistake", "render_mistakes"]

# A line of minified YAML must not fill the screen: this much is shown around the fault.
MAX_COLUMNS = 120

# C0, DEL, C1, what some terminals break lines at, and what turns the direction of a text.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def render_excerpt(at: Position, note: str = "") -> str:
    """Draw the line of `at` with its span underlined and `note` behind the underline."""
    text, column = _window(at.text.replace("\t", " "), at.column)
    before, marked = text[: column - 1], text[column - 1 : column - 1 + at.length]
    text = _CONTROL.sub("\ufffd", text)
    gutter = " " * len(str(at.line))
    underline = " " * _cells(before) + "^" * max(1, _cells(marked))
    return "\n".join(
        [
            f"{gutter}--> {printable(str(at))}",
            f"{gutter} |",
            f"{at.line} | {text}".rstrip(),
            f"{gutter} | {underline} {printable(note)}".rstrip(),
        ]
    )


def render_mistakes(mistakes: Iterable[Mistake]) -> str:
    """Render all mistakes of a file, a blank line between two."""
    return "\n\n".join(render_mistake(mistake) for mistake in mistakes)


def render_mistake(mistake: Mistake, *, kind: str = "error") -> str:
    """Render one mistake; `kind` stands before its message."""
    excerpt = render_excerpt(mistake.at, mistake.hint or "")
    return f"{kind}: {printable(mistake.message)}\n{excerpt}"


def printable(text: str) -> str:
    """Escape what would move the cursor, colour the terminal or break the line."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def _cells(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata  # noqa: PLC0415  # 1 MB that plain files need not load

    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 1 + (unicodedata.east_asian_width(character) in {"W", "F"})
        for character in text
    )


def _window(text: str, column: int) -> tuple[str, int]:
    if len(text) <= MAX_COLUMNS:
        return text, column
    start = max(0, column - 1 - MAX_COLUMNS // 2)
    window = text[start : start + MAX_COLUMNS]
    return window, column - start
