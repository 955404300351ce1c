"""PyYAML's complaints about a file, in words for its author and at the place that he must mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import yaml

__all__ = ["Fault", "explain"]

_CLOSERS = {
    "while scanning a quoted scalar": "quote",
    "while parsing a flow sequence": "'['",
    "while parsing a flow mapping": "'{'",
}
# What helps against a complaint that holds these words; `{line}` is where its context begins.
_HINTS = {
    "mapping values are not allowed": "quote a text that holds ': '; else look at the indentation, and at the line above",
    "unknown escape character": "double the backslash, or use single quotes",
    "invalid Unicode character": "write the character itself: YAML knows no pairs of escapes",
    "unhashable key": "a key must be text: quote it",
    "for merging": "'<<' takes an alias of a mapping",
    "parsing a flow": "quote a text with brackets; else a comma is missing, or what line {line} opens is not closed",
    "parsing a block": "check the indentation: its block begins in line {line}",
}
_CORE_TAGS = "tag:yaml.org,2002:"
_TAG = re.compile(r"could not determine a constructor for the tag '(?P<tag>.*)'")


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong and where; `line` and `column` count from 0."""

    message: str
    line: int
    column: int
    length: int = 1
    hint: str | None = None


def explain(error: yaml.MarkedYAMLError, lines: list[str]) -> Fault:
    """Explain a syntax error in the file of these `lines`."""
    mark = error.problem_mark or error.context_mark
    context, problem = error.context or "", (error.problem or "it cannot be parsed").rstrip(".")
    begin = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    word = _word_at(lines, line, column)
    if found := _TAG.search(problem):
        tag = found["tag"].replace(_CORE_TAGS, "!!")
        return Fault(
            message=f"tag '{tag}' is not allowed",
            line=line,
            column=column,
            length=len(word),
            hint="write plain YAML, or quote a text that begins with '!'",
        )
    if "undefined alias" in problem:
        return Fault(
            message=f"alias '{word}' has no anchor",
            line=line,
            column=column,
            length=len(word),
            hint=f"mark what it stands for with '&{word[1:]}', above",
        )
    if "another document" in problem:
        return Fault(
            message="the file holds more than one document",
            line=line,
            column=column,
            length=len(word),
            hint="put each document into a file of its own",
        )
    if begin and context in _CLOSERS and _at_end(lines, line, column):
        return Fault(
            message=f"not valid YAML: this {_CLOSERS[context]} is never closed",
            line=begin.line,
            column=begin.column,
        )
    if begin and "could not find expected ':'" in problem:
        return Fault(
            message="not valid YAML: expected ':' after a key",
            line=begin.line,
            column=begin.column,
            length=len(_word_at(lines, begin.line, begin.column)),
        )
    return Fault(
        message=f"not valid YAML: {problem}{f' ({context})' if context else ''}",
        line=line,
        column=column,
        hint=_hint(f"{problem} {context}", lines[line] if line < len(lines) else "", column, begin),
    )


def _hint(complaint: str, text: str, column: int, begin: yaml.Mark | None) -> str | None:
    """Find a hint for a complaint about the character at `column` of the line `text`."""
    if "\t" in text[: len(text) - len(text.lstrip())]:
        return "indent with spaces: YAML takes no tabs"
    if "cannot start any token" in complaint:
        return f"quote the value: YAML keeps '{text[column : column + 1]}' for itself"
    template = next((hint for words, hint in _HINTS.items() if words in complaint), None)
    return template.format(line=begin.line + 1 if begin else "?") if template else None


def _word_at(lines: list[str], line: int, column: int) -> str:
    text = lines[line][column:] if line < len(lines) else ""
    found = re.match(r"[^\s,\[\]{}]+", text)
    return found[0] if found else text[:1]


def _at_end(lines: list[str], line: int, column: int) -> bool:
    rest = [lines[line][column:], *lines[line + 1 :]] if line < len(lines) else []
    return not any(text.strip() and not text.lstrip().startswith("#") for text in rest)
