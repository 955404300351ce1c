"""jq programs, and the dotted paths of AgentSpec, which are not quite jq.

A dotted path (`.issues[0].rule`, `.[-1].requestId`, `.`) never fails: a missing key, an index out
of range or a value of another type gives null. It is walked here rather than by libjq, which
holds numbers as doubles: 9007199254740993 would come back as ...992, and 1.0 as 1.
Everything else is a jq program and goes to libjq.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from agentrig.scenario._mistakes import closest

__all__ = ["Query", "QueryError", "QuerySyntaxError", "compile_query"]

# A path begins with a dot or a bracket; `length` or `$name` alone is jq. Its names hold what jq
# could not make sense of there: `.$ref`, `.dc:title`, `.content-type`.
_NAME = r"\$?[^\s.\[\]|(){},;\"'?+*/=<>!\\$]+"
_DOTTED = re.compile(rf"\.*(?:(?:{_NAME}|\[-?\d+\])(?:\.+(?={_NAME}|\[|$)|(?=\[)|$))*")
_BARE = re.compile(rf"(?!\$){_NAME}(?:\.{_NAME}|\.?\[-?\d+\])*")
# Arithmetic in jq, unless what it names is no jq function: `.text/plain`.
_LOOSE_NAME = _NAME.replace("+*/", "")
_LOOSE = re.compile(rf"\.+{_LOOSE_NAME}(?:\.+{_LOOSE_NAME}|\.*\[-?\d+\])*\.*")
_PART = re.compile(rf"\[(?P<index>-?\d+)\]|(?P<name>{_LOOSE_NAME})")


class QueryError(ValueError):
    """A query failed on the data that it was given."""


class QuerySyntaxError(ValueError):
    """A text that is no jq.

    `offset` and `length` are the offending characters, if jq names them; `hint` is what to write
    instead, if that can be guessed.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, length: int = 1, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = length
        self.hint = hint


class Query(Protocol):
    """A compiled query over one JSON value."""

    def evaluate(self, data: Any) -> Any:
        """Give the one value that the query yields, null for none. Raises QueryError."""


@lru_cache(maxsize=4096)
def compile_query(text: str) -> Query:
    """Compile a dotted path or a jq program. Raises QuerySyntaxError."""
    if text.startswith((".", "[")) and _DOTTED.fullmatch(text):
        return _Path(text)
    try:
        return _Program(text)
    except QuerySyntaxError:
        # AgentSpec lets the leading dot be left out: a bare name that is no jq function is a key.
        if _BARE.fullmatch(text) or _LOOSE.fullmatch(text):
            return _Path(text)
        raise


class _Path:
    def __init__(self, text: str) -> None:
        self._parts: list[str | int] = [
            int(match["index"]) if match["index"] else match["name"]
            for match in _PART.finditer(text)
        ]

    def evaluate(self, data: Any) -> Any:
        for part in self._parts:
            data = _step_into(data, part)
            if data is None:
                return None
        return data


def _step_into(data: Any, part: str | int) -> Any:
    if isinstance(part, str):
        return data.get(part) if isinstance(data, dict) else None
    # AgentSpec's runner indexes text as well: `.status[0]` is its first character.
    if isinstance(data, list | str) and -len(data) <= part < len(data):
        return data[part]
    return None


class _Program:
    def __init__(self, text: str) -> None:
        import jq  # noqa: PLC0415  # 10 ms that scenarios of plain paths need not pay

        try:
            self._program = jq.compile(text)
        except ValueError as error:
            raise _syntax_error(str(error), text) from error

    def evaluate(self, data: Any) -> Any:
        try:
            values = self._program.input_value(data).all()
        except ValueError as error:
            raise QueryError(str(error)) from error
        if len(values) > 1:
            message = f"the query yields {len(values)} values: collect them with [ ]"
            raise QueryError(message)
        return values[0] if values else None


_JQ_MESSAGE = re.compile(
    r"jq: error: (?P<problem>.*?)(?: \(Unix shell quoting issues\?\))?"
    r" at <top-level>(?:, line (?P<line>\d+), column (?P<column>\d+))?:?$"
    r"(?:\n.*\n +(?P<underline>\^+)$)?",
    re.MULTILINE,
)
_UNDEFINED = re.compile(r"(?P<name>\w+)/(?P<arity>\d+) is not defined")
# The names that libjq's grammar has for what an author wrote.
_GRAMMAR = {
    "INVALID_CHARACTER": "character",
    "IDENT": "a name",
    "FIELD": "a '.name'",
    "BINDING": "a '$name'",
    "LITERAL": "a number",
    "end of file": "end",
}


def _syntax_error(message: str, text: str) -> QuerySyntaxError:
    found = _JQ_MESSAGE.search(message)
    if not found:
        return QuerySyntaxError(message.splitlines()[0].removeprefix("jq: error: "))
    # What could stand instead inside a text, libjq tells in words of its grammar.
    problem = re.sub(r", expecting QQSTRING.*", " in a text", found["problem"])
    for name, words in _GRAMMAR.items():
        problem = problem.replace(name, words)
    undefined = _UNDEFINED.match(problem)
    return QuerySyntaxError(
        problem,
        offset=_offset(text, int(found["line"]), int(found["column"])) if found["line"] else None,
        length=len(found["underline"] or " "),
        hint=closest(undefined["name"], _functions(undefined["arity"])) if undefined else None,
    )


def _offset(text: str, line: int, column: int) -> int:
    """Find the index in `text` of a place in libjq's words: it counts bytes, and from 1."""
    above = text.split("\n")[: line - 1]
    within = text.split("\n")[line - 1].encode()[: column - 1].decode(errors="ignore")
    return min(sum(len(one) + 1 for one in above) + len(within), max(0, len(text) - 1))


def _functions(arity: str) -> list[str]:
    """List jq's functions of so many arguments."""
    import jq  # noqa: PLC0415  # see _Program

    functions = (name.split("/") for name in jq.compile("builtins").input_value(None).first())
    return [name for name, takes in functions if takes == arity]
