"""Elements of XML whose texts may be anything that an agent, or a test, has said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["element", "first_line", "legal", "properties"]

# XML 1.0, 2.2 Characters: what may not stand in a document, even escaped.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def legal(text: str) -> str:
    """Replace what no document may hold."""
    # What can be printed may stand anywhere, and is told in a third of the time.
    return text if text.isprintable() else _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def first_line(text: str) -> str:
    """Give what an attribute has room for."""
    return (text.splitlines() or [""])[0]


def element(parent: Element, tag: str, text: str | None = None, /, **attributes: str) -> Element:
    """Add an element."""
    legal_ones = {name: legal(value) for name, value in attributes.items()}
    made = parent.makeelement(tag, legal_ones)
    made.text = legal(text) if text else None
    parent.append(made)
    return made


def properties(parent: Element, pairs: list[tuple[str, str]]) -> None:
    """Add the element `properties`, unless it would be empty."""
    if pairs:
        group = element(parent, "properties")
        for name, value in pairs:
            element(group, "property", name=name, value=value)
