"""The one renderer of a place in a file: message, `path:line:col`, the line, an underline."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.errors import Mistake, Position

__all__ = ["render_excerpt", "render_mistakes"]

# A line of minified YAML must not fill the screen: this much is shown around the fault.
MAX_COLUMNS = 120


def render_excerpt(at: Position, note: str = "") -> str:
    """Draw the line of `at` with its span underlined and `note` behind the underline."""
    text, column = _window(at.text.replace("\t", " "), at.column)
    length = max(1, min(at.length, len(text) - column + 1))
    gutter = " " * len(str(at.line))
    underline = " " * (column - 1) + "^" * length
    return "\n".join(
        [
            f"{gutter}--> {at}",
            f"{gutter} |",
            f"{at.line} | {text}".rstrip(),
            f"{gutter} | {underline} {note}".rstrip(),
        ]
    )


def render_mistakes(mistakes: Iterable[Mistake]) -> str:
    """Render all mistakes of a file, a blank line between two."""
    return "\n\n".join(
        f"error: {m.message}\n{render_excerpt(m.at, m.hint or '')}" for m in mistakes
    )


def _window(text: str, column: int) -> tuple[str, int]:
    if len(text) <= MAX_COLUMNS:
        return text, column
    start = max(0, column - 1 - MAX_COLUMNS // 2)
    window = text[start : start + MAX_COLUMNS]
    return window, column - start
