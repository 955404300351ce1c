"""jq programs, and the dotted paths of AgentSpec, which are not quite jq.

A dotted path (`.issues[0].rule`, `.[-1].requestId`, `.`) never fails: a missing key, an index out
of range or a value of another type gives null. It is walked here rather than by libjq, which
holds numbers as doubles: 9007199254740993 would come back as ...992, and 1.0 as 1.
Everything else is a jq program and goes to libjq.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from agentrig.scenario._jq_bounds import bound_of, without_folding
from agentrig.scenario._jq_syntax import (
    QueryError,
    QuerySyntaxError,
    syntax_error,
    undefined_names,
)
from agentrig.scenario._jq_workers import query_apart

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["Query", "Variables", "compile_query"]

# A path begins with a dot or a bracket; `length` or `$name` alone is jq. Its names hold what jq
# could not make sense of there: `.$ref`, `.dc:title`, `.content-type`.
_NAME = r"\$?[^\s.\[\]|(){},;\"'?+*/=<>!\\$]+"
_DOTTED = re.compile(rf"\.*(?:(?:{_NAME}|\[-?\d+\])(?:\.+(?={_NAME}|\[|$)|(?=\[)|$))*")
_BARE = re.compile(rf"(?!\$){_NAME}(?:\.{_NAME}|\.?\[-?\d+\])*")
# Arithmetic in jq, unless what it names is no jq function: `.text/plain`.
_LOOSE_NAME = _NAME.replace("+*/", "")
_LOOSE = re.compile(rf"\.+{_LOOSE_NAME}(?:\.+{_LOOSE_NAME}|\.*\[-?\d+\])*\.*")
_PART = re.compile(rf"\[(?P<index>-?\d+)\]|(?P<name>{_LOOSE_NAME})")


class Variables(Protocol):
    """What `$name` stands for in a program: a mapping, or anything that is indexed as one."""

    def __getitem__(self, name: str, /) -> Any:
        """Give the value of `$name`. Raises LookupError when there is none."""


# Some seconds of libjq at the very worst; programs as they are written stay a thousand times below.
STEPS_HERE = 10_000_000

NO_NAMES: Variables = MappingProxyType[str, Any]({})


class Query(Protocol):
    """A compiled query over one JSON value; `names` are the `$name`s that it reads."""

    @property
    def names(self) -> frozenset[str]:
        """The names of the variables that it reads, without their `$`."""

    async def evaluate(self, data: Any, names: Variables = NO_NAMES) -> Any:
        """Give the one value that the query yields, null for none. Raises QueryError.

        A program that may run for long, or take much memory, runs in a process of its own, and
        is ended when its time is over or the task is cancelled.
        """


def compile_query(text: str, names: frozenset[str] | None = frozenset()) -> Query:
    """Compile a dotted path or a jq program that may read the variables `names`.

    `None` lets every `$name` through: one that has no value fails when it is evaluated.
    Raises QuerySyntaxError.
    """
    query = _compiled(text)
    if names is not None and not query.names <= names:
        raise _unknown_name(text, names)
    return query


# By the text alone: other scenarios have other names and the same programs.
@lru_cache(maxsize=4096)
def _compiled(text: str) -> Query:
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
    names: frozenset[str] = frozenset()

    def __init__(self, text: str) -> None:
        self._parts: list[str | int] = [
            int(match["index"]) if match["index"] else match["name"]
            for match in _PART.finditer(text)
        ]

    async def evaluate(self, data: Any, names: Variables = NO_NAMES) -> Any:  # noqa: ARG002  # reads none
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
    """A jq program; its variables are bound as it runs, so that it is compiled only once."""

    def __init__(self, text: str) -> None:
        self.names, self._program = _free_names(text)
        self._text = text
        if self.names:
            bound = " | ".join(f".[1].{name} as ${name}" for name in sorted(self.names))
            # A comment may end the program, and go on behind a backslash at its end.
            self._text = f"{bound} | .[0] | ({text}\n\n)"
            self._program = _compile(self._text)
        self._bound = bound_of(text)

    async def evaluate(self, data: Any, names: Variables = NO_NAMES) -> Any:
        text, variables = _dump(data), ""
        if self.names:
            variables = _dump({name: _look_up(names, name) for name in self.names})
        size = len(text) + len(self._text)
        if self.names:
            text = f"[{text}, {variables}]"
        if self._bound is not None and self._bound.steps(size, len(variables)) <= STEPS_HERE:
            return _the_one(self._program.input_text(text))
        return await query_apart(self._text, text)


def _look_up(names: Variables, name: str) -> Any:
    try:
        return names[name]
    except KeyError as error:
        raise QueryError(f"${name} has no value") from error
    except LookupError as error:
        raise QueryError(str(error)) from error


def _dump(value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise QueryError(f"the value is no JSON: {error}") from error


def _the_one(results: Iterable[Any]) -> Any:
    try:
        # No name may hold jq's iterator: a traceback would keep it for the garbage collector,
        # which breaks it up in an order that ends the process.
        values = list(islice(results, 2))
    except ValueError as error:
        raise QueryError(str(error)) from error
    if len(values) > 1:
        raise QueryError("the query yields more than one value: collect them with [ ]")
    return values[0] if values else None


def _free_names(text: str) -> tuple[frozenset[str], Any]:
    """Find the variables that a program reads and does not bind: libjq knows its own scopes.

    Gives the compiled program as well.
    """
    names: set[str] = set()
    while True:
        try:
            program = _compile(text, names)
        except QuerySyntaxError as error:
            missing = undefined_names(str(error.__cause__))
            if names.issuperset(missing):
                raise
            names.update(missing)
        else:
            return frozenset(names), program


def _unknown_name(text: str, known: frozenset[str]) -> QuerySyntaxError:
    try:
        _compile(text, known)
    except QuerySyntaxError as error:
        return error
    raise AssertionError("libjq misses what it missed before")


def _compile(text: str, names: Collection[str] = ()) -> Any:
    import jq  # noqa: PLC0415  # 10 ms that scenarios of plain paths need not pay

    program, inserted = without_folding(text)
    try:
        return jq.compile(program, args=dict.fromkeys(names))
    except ValueError as error:
        found = syntax_error(str(error), program, known=names)
        if found.offset is not None:
            found.offset -= sum(place < found.offset for place in inserted)
        raise found from error
