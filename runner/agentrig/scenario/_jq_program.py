"""jq programs: what libjq makes of a query that is no dotted path."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from agentrig.scenario._jq_bounds import bound_of, without_folding
from agentrig.scenario._jq_syntax import syntax_error, undefined_names
from agentrig.scenario._jq_workers import query_apart
from agentrig.scenario._query import NO_NAMES
from agentrig.scenario._query_error import QueryError, QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from agentrig.scenario._query import Variables

__all__ = ["Program", "unknown_name"]

# Some seconds of libjq at the very worst; programs as they are written stay a thousand times below.
STEPS_HERE = 10_000_000


class Program:
    """A jq program, a `Query`; its variables are bound as it runs, so that it is compiled only once."""

    def __init__(self, text: str) -> None:
        """Compile `text`. Raises QuerySyntaxError."""
        self.names, self._program = _free_names(text)
        self._text = text
        if self.names:
            bound = " | ".join(f".[1].{name} as ${name}" for name in sorted(self.names))
            # A comment may end the program, and go on behind a backslash at its end.
            self._text = f"{bound} | .[0] | ({text}\n\n)"
            self._program = _compile(self._text)
        self._bound = bound_of(text)

    async def evaluate(self, data: Any, names: Variables = NO_NAMES) -> Any:
        """Give the one value that the program yields, null for none. Raises QueryError."""
        text, variables = _dump(data), ""
        if self.names:
            variables = _dump({name: _look_up(names, name) for name in self.names})
        size = len(text) + len(self._text)
        if self.names:
            text = f"[{text}, {variables}]"
        if self._bound is not None and self._bound.steps(size, len(variables)) <= STEPS_HERE:
            return _the_one(self._program.input_text(text))
        return await query_apart(self._text, text)


def unknown_name(text: str, known: frozenset[str]) -> QuerySyntaxError:
    """Say which name a program that was compiled reads, and nobody gives it."""
    try:
        _compile(text, known)
    except QuerySyntaxError as error:
        return error
    raise AssertionError("libjq misses what it missed before")


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
