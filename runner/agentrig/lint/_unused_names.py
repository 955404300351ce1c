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
_MEMBERS = re.compile(r"\$\{|\$(?:vars|captures|with)\b")
# All of them at once, as in `${vars}` or `$captures | keys`.
_WHOLE = re.compile(r"\$(?:\{\s*)?(vars|captures|with)\b(?!\s*[.\[])")

_HINTS = {
    "vars": "take it out",
    "with": "take it out",
    "captures": "take it out, or check it in 'expect'",
}


def unused_names(document: LintedDocument) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Find where they are made, what is wrong there, and what to do.

    A name counts as read where `$name` stands, or the word in a text with `${...}`: more exact,
    this would only be wrong more often. What reused steps capture is for those who use them.
    """
    words: set[str] = set()
    wholes: set[str] = set()
    for _, value in document.values:
        if isinstance(value, str) and "$" in value:
            pattern = _WORD if _MEMBERS.search(value) else _VARIABLE
            words.update(pattern.findall(value))
            wholes.update(_WHOLE.findall(value))
    for root, name, place in _names(document):
        if name not in words and root not in wholes:
            yield place, f"nothing reads '{name}'", _HINTS[root]


def _names(document: LintedDocument) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """List what is made, by its root, its name and its place."""
    if "define" in document.data:
        for name in document.data.get("with") or ():
            yield "with", name, ("with", name)
        return
    for name in document.data.get("vars") or ():
        yield "vars", name, ("vars", name)
    for step in document.steps:
        for name in step.raw.get("capture") or ():
            yield "captures", name, (*step.location, "capture", name)
