"""Plain YAML, read fast: what has no tags, anchors, aliases or merges, as nearly all files.

PyYAML composes nodes, resolves the tag of each in Python, and constructs by generators: 77 ms for
50 files of 20 steps, where libyaml itself takes 4. Straight from libyaml's events it is 28 ms.
What is not plain, or is wrong, is refused here: PyYAML then reads it, and says what is wrong.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_DEPTH", "NotPlainError", "PlainDocument", "load_plain"]

# Each level takes a frame here, and one of C in PyYAML's composer, which 100,000 brackets end.
MAX_DEPTH = 100

# libyaml's parser where PyYAML has it: every wheel does, a build from source may not.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What plain scalars are read as; dates, `<<` and `=` are not plain.
_KINDS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "null", "bool", "int", "float"))

# PyYAML looks at a scalar's first character first: what begins otherwise is text.
_FIRST = frozenset(_Loader.yaml_implicit_resolvers)


class NotPlainError(Exception):
    """The text is more than plain YAML, or deeper than MAX_DEPTH, or is no YAML."""


class PlainDocument(NamedTuple):
    """One document's data, and the line where it begins, from 0."""

    line: int
    data: Any


def load_plain(text: str) -> list[PlainDocument]:
    """Read each document, exactly as PyYAML's safe loader does. Raises NotPlainError."""
    parser = _Loader(text)
    take = _without_anchors(parser.get_event) if "&" in text else parser.get_event
    documents = []
    try:
        take()  # the stream's start
        while type(take()) is DocumentStartEvent:
            root = take()
            documents.append(PlainDocument(root.start_mark.line, _value(root, take, MAX_DEPTH)))
            take()  # the document's end
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise NotPlainError from error
    finally:
        parser.dispose()
    return documents


def _without_anchors(take: Callable[[], Any]) -> Callable[[], Any]:
    def checked() -> Any:
        event = take()
        if getattr(event, "anchor", None) is not None:
            raise NotPlainError
        return event

    return checked


def _value(event: Any, take: Callable[[], Any], depth: int) -> Any:
    """Build the value that begins with `event`, of so many levels at most.

    Types are compared as they are, not asked for: it is faster.
    """
    kind = type(event)
    if kind is ScalarEvent:
        plain, quoted = event.implicit
        if plain:
            return _plain(event.value)
        if quoted:
            return event.value
    elif not depth:
        pass
    elif kind is MappingStartEvent and event.implicit:
        mapping, count = {}, 0
        while type(key := take()) is not MappingEndEvent:
            name = _value(key, take, depth - 1)
            mapping[name] = _value(take(), take, depth - 1)
            count += 1
        if len(mapping) == count:
            return mapping
    elif kind is SequenceStartEvent and event.implicit:
        sequence = []
        while type(item := take()) is not SequenceEndEvent:
            sequence.append(_value(item, take, depth - 1))
        return sequence
    raise NotPlainError  # a tag, an alias, a key that stands twice, or too deep


def _plain(text: str) -> Any:
    return _scalar(text) if text[:1] in _FIRST else _same(text)


@functools.lru_cache(maxsize=4096)
def _same(text: str) -> str:
    """Give one of the texts that are equal: most stand in a suite many times, and are sent once.

    Not by `sys.intern`: Python 3.12 never lets go what was interned.
    """
    return text


@functools.lru_cache(maxsize=4096)
def _scalar(text: str) -> Any:
    """Read a plain scalar; a few, such as `true` and `POST`, are most of a suite's."""
    reader = _reader()
    tag = reader.resolve(yaml.ScalarNode, text, (True, False))
    if tag not in _KINDS:
        raise NotPlainError
    return reader.yaml_constructors[tag](reader, yaml.ScalarNode(tag, text))


@functools.cache
def _reader() -> Any:
    """Make the one reader of scalars: each is a cycle of 4 kB, and garbage may be collected late."""
    return yaml.SafeLoader("")
