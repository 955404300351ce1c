"""What is said of documents that did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from agentrig.search._delivery import Delivered

__all__ = ["Counts"]


class Counts(Struct, kw_only=True):
    """How many documents there were, and what became of them; reasons are those of the first."""

    documents: int = 0
    delivered: int = 0
    refused: int = 0
    refused_because: str = ""
    plain: int = 0
    plain_because: str = ""
    trouble: str = ""

    def add(self, done: Delivered) -> None:
        """Count what became of some."""
        self.delivered += done.delivered
        self.refused += len(done.refused)
        for _, reason in done.refused:
            self.refused_because = self.refused_because or reason
        self.plain += len(done.plain)
        for _, reason in done.plain.values():
            self.plain_because = self.plain_because or reason
        self.trouble = str(done.trouble or "")

    @property
    def left(self) -> int:
        """How many are neither delivered nor refused."""
        return self.documents - self.delivered - self.refused

    def shortfall(self, url: str, *, where: str, again: str) -> str | None:
        """Say what was not delivered, None if nothing; `where` it is kept, and what sends it."""
        parts = []
        if self.left:
            because = f" ({self.trouble or f'no answer of {url} in time'})"
            parts.append(
                f"{self.left} of {self.documents} documents were not delivered{because}: "
                f"{again} sends them later"
            )
        if self.refused:
            parts.append(
                f"{self.refused} of {self.documents} documents were refused by {url} "
                f"({self.refused_because}): they are kept in {where}; mend the index, then {again}"
            )
        return "; ".join(parts) or None

    def simplified(self, url: str) -> str | None:
        """Say what was delivered in another form, None if nothing was."""
        if not self.plain:
            return None
        return (
            f"{self.plain} of {self.documents} documents were refused by {url} with their own "
            f"fields ({self.plain_because}), and delivered with these as text"
        )
