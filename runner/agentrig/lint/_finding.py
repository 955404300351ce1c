"""What lint finds, and by which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.errors import Mistake

__all__ = ["MISTAKE", "RULES", "WARNINGS", "Finding"]

MISTAKE = "mistake"
"""The rule of what `run` refuses as well; nothing can ignore it."""

RULES: Mapping[str, str] = {
    "cannot-fail": "A check that holds whatever comes, or that is never made.",
    "no-checks": "A scenario in which nothing is checked.",
    "secret": "A secret that is written in the file.",
    "missing-file": "A file that a step reads, and that is not there.",
    "unused-name": "A variable or a capture that nothing reads.",
}
"""The rules by their names, which `--ignore` and comments take."""

WARNINGS = frozenset({"unused-name"})


class Finding(Struct, frozen=True):
    """A mistake, and the rule that found it."""

    rule: str
    mistake: Mistake

    @property
    def is_warning(self) -> bool:
        """Whether it is told without being held against the file."""
        return self.rule in WARNINGS
