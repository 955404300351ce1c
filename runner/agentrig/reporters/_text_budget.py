"""How much text a report may hold, so that who is to read it does not refuse it."""

from __future__ import annotations

from agentrig._redact import cut

__all__ = ["TextBudget"]


class TextBudget:
    """Cuts each text to what is left for it; the first ones get the most."""

    def __init__(self, total: int, *, each: int, least: int) -> None:
        """Give out `total` characters, `each` at most to a text, and never fewer than `least`."""
        self._left = total
        self._each = each
        self._least = least

    def cut(self, text: str) -> str:
        """Shorten a text, and say how much was left out."""
        short = cut(text, max(self._least, min(self._each, self._left)))
        self._left -= len(short)
        return short
