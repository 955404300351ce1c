"""libjq's words for what is wrong with a program, in words and places for its author."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig.scenario._mistakes import closest
from agentrig.scenario._query_error import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["syntax_error", "undefined_names"]


_JQ_MESSAGE = re.compile(
    r"jq: error: (?P<problem>.*?)(?: \(Unix shell quoting issues\?\))?"
    r" at <top-level>(?:, line (?P<line>\d+), column (?P<column>\d+))?:?$"
    r"(?:\n.*\n +(?P<underline>\^+)$)?",
    re.MULTILINE,
)
_UNDEFINED = re.compile(r"(?P<name>\w+)/(?P<arity>\d+) is not defined")
_UNDEFINED_NAME = re.compile(r"^jq: error: \$(\w+) is not defined at ", re.MULTILINE)
# The names that libjq's grammar has for what an author wrote.
_GRAMMAR = {
    "INVALID_CHARACTER": "character",
    "IDENT": "a name",
    "FIELD": "a '.name'",
    "BINDING": "a '$name'",
    "LITERAL": "a number",
    "end of file": "end",
}


def undefined_names(message: str) -> list[str]:
    """List the variables that libjq misses, in the order of the program, without their `$`."""
    return _UNDEFINED_NAME.findall(message)


def syntax_error(message: str, text: str, *, known: Collection[str] = ()) -> QuerySyntaxError:
    """Translate libjq's `message` on the program `text`, which may read the variables `known`."""
    found = _JQ_MESSAGE.search(message)
    if not found:
        return QuerySyntaxError(message.splitlines()[0].removeprefix("jq: error: "))
    # What could stand instead inside a text, libjq tells in words of its grammar.
    problem = re.sub(r", expecting QQSTRING.*", " in a text", found["problem"])
    for name, words in _GRAMMAR.items():
        problem = problem.replace(name, words)
    return QuerySyntaxError(
        problem,
        offset=_offset(text, int(found["line"]), int(found["column"])) if found["line"] else None,
        length=len(found["underline"] or " "),
        hint=_hint(problem, known),
    )


def _hint(problem: str, known: Collection[str]) -> str | None:
    if function := _UNDEFINED.match(problem):
        return closest(function["name"], _functions(function["arity"]))
    if variable := _UNDEFINED_NAME.match(f"jq: error: {problem} at "):
        names = sorted(f"${name}" for name in known)
        near = closest(f"${variable[1]}", names)
        return near or (f"known here: {', '.join(names)}" if names else None)
    return None


def _offset(text: str, line: int, column: int) -> int:
    """Find the index in `text` of a place in libjq's words: it counts bytes, and from 1."""
    above = text.split("\n")[: line - 1]
    within = text.split("\n")[line - 1].encode()[: column - 1].decode(errors="ignore")
    return min(sum(len(one) + 1 for one in above) + len(within), max(0, len(text) - 1))


def _functions(arity: str) -> list[str]:
    """List jq's functions of so many arguments."""
    import jq  # noqa: PLC0415  # 10 ms that scenarios of plain paths need not pay

    functions = (name.split("/") for name in jq.compile("builtins").input_value(None).first())
    return [name for name, takes in functions if takes == arity]
