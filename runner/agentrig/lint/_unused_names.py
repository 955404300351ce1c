"""Variables and captures that nothing reads: often one that was meant is misspelt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.lint._walk import LintedDocument

__all__ = ["unused_names"]

_WORD = re.compile(r"\w+")
_VARIABLE = re.compile(r"\$(\w+)")


def unused_names(document: LintedDocument) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Find where they are made, what is wrong there, and what to do.

    A name counts as read where `$name` stands, or the word in a text with `${...}`: more exact,
    this would only be wrong more often. What reused steps capture is for those who use them.
    """
    data = document.data
    if "define" in data:
        return
    words: set[str] = set()
    for _, value in document.values:
        if isinstance(value, str) and "$" in value:
            words.update((_WORD if "${" in value else _VARIABLE).findall(value))
    for name in data.get("vars") or ():
        if name not in words and "vars" not in words:
            yield ("vars", name), f"nothing reads '{name}'", "take it out"
    for step in document.steps:
        for name in step.raw.get("capture") or ():
            if name not in words and "captures" not in words:
                place = (*step.location, "capture", name)
                yield place, f"nothing reads '{name}'", "take it out, or check it in 'expect'"
