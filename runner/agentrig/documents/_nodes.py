"""Walks over the tree that a YAML file is composed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MERGE", "child_of", "place_in", "scalars_below"]

MERGE = "tag:yaml.org,2002:merge"
"""The tag of the key `<<`."""

# The tags of plain scalars that are read as something else than text.
_NO_TEXT = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "null"))

# What stands for one character of a scalar's text, by the scalar's style.
_CHARACTER = {
    "": re.compile("."),
    "'": re.compile("''|."),
    '"': re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|.)|."),
}


def child_of(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Find the key node (None in a sequence) and the value node of one part of a location."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if _is_key(key_node, part):
                return key_node, value_node
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                merged = value_node.value if value_node.id == "sequence" else [value_node]
                found = (child_of(base, part) for base in merged)
                return next((child for child in found if child), None)
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def scalars_below(root: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """List all scalars of a tree, keys included, in file order; aliases may make it a graph."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.MappingNode):
            waiting += reversed([part for pair in node.value for part in pair])
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def place_in(node: yaml.ScalarNode, offset: int, lines: list[str]) -> tuple[int, int] | None:
    """Find the line and column, from 0, of the character at `offset` of a scalar's text.

    Gives None where the text does not stand in `lines` as it is, e.g. where YAML folds them.
    """
    start = node.start_mark
    if node.style == "|":
        before, row = node.value[:offset], node.value.count("\n", 0, offset)
        text, line = node.value.split("\n")[row], start.line + 1 + row
        if line < len(lines) and lines[line].endswith(text):
            return line, len(lines[line]) - len(text) + offset - (before.rfind("\n") + 1)
        return None
    # A plain scalar's style is '' to libyaml, None to PyYAML's own parser.
    style = node.style or ""
    if style not in _CHARACTER or node.end_mark.line != start.line:
        return None
    begin = start.column + len(style)
    found = list(_CHARACTER[style].finditer(lines[start.line], begin, node.end_mark.column))
    return (start.line, found[offset].start()) if offset < len(found) else None


def _is_key(node: yaml.Node, part: str | int) -> bool:
    if node.value == str(part):
        return True
    if node.tag not in _NO_TEXT:
        return False
    # A location names the keys `on` and `~` by their values: True (or 1) and None.
    key = yaml.SafeLoader("").construct_object(node)
    return key == part or str(key) == part
