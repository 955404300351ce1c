"""`${...}` in the values of a file: found once when it is loaded, filled in when a step begins.

`${path}` or `${path | jq program}`; `$${` is a literal `${`. A value that is one whole expression
keeps the type of what it stands for; within a text, everything but text is written as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from msgspec import Struct

from agentrig.scenario._names import MissingNameError, Names
from agentrig.scenario._query import Query, compile_query
from agentrig.scenario._query_error import QueryError, QuerySyntaxError

__all__ = [
    "Expression",
    "RenderError",
    "Template",
    "TemplateSyntaxError",
    "compile_template",
    "is_templated",
]

Location = tuple[str | int, ...]

_OPEN = "${"
_ESCAPED = "$${"
_NAME = r"[A-Za-z_][\w-]*"
_PATH = re.compile(rf"\s*({_NAME})((?:\.{_NAME}|\.\d+|\[-?\d+\])*)\s*")
_PART = re.compile(rf"\.({_NAME})|\.(\d+)|\[(-?\d+)\]")


class TemplateSyntaxError(ValueError):
    """An expression that cannot be read; `within`, `offset` and `length` say where it stands."""

    def __init__(
        self, message: str, *, within: Location, offset: int, length: int, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.within = within
        self.offset = offset
        self.length = length
        self.hint = hint


class RenderError(ValueError):
    """An expression could not be filled in; `expression` is the one.

    `is_not_captured` tells that the step which captures the name was not executed.
    """

    def __init__(
        self, message: str, expression: Expression, *, is_not_captured: bool = False
    ) -> None:
        super().__init__(f"'{expression.text}': {message}")
        self.expression = expression
        self.is_not_captured = is_not_captured


class Expression(Struct, frozen=True, kw_only=True):
    """One `${...}`: `text` with its braces, `within` the value and at `offset` of its text."""

    text: str
    path: tuple[str | int, ...]
    query: Query | None
    within: Location
    offset: int

    async def value(self, names: Names) -> Any:
        """Give what it stands for. Raises RenderError."""
        try:
            found = names.look_up(self.path)
        except MissingNameError as error:
            if self.query is None:
                raise RenderError(
                    str(error), self, is_not_captured=error.is_not_captured
                ) from error
            found = None
        if self.query is None:
            return found
        try:
            return await self.query.evaluate(found, names)
        except QueryError as error:
            raise RenderError(str(error), self) from error


class Template:
    """A value with expressions in it."""

    def __init__(self, value: Any, filled: _Filled, expressions: tuple[Expression, ...]) -> None:
        """Keep what `compile_template` found."""
        self.value = value
        self.expressions = expressions
        self._filled = filled

    async def render(self, names: Names) -> Any:
        """Fill in all expressions; everything else is shared, not copied. Raises RenderError."""
        return await _render(self._filled, names)


class _Text(tuple[Any, ...]):
    """Texts and expressions in turn, to be joined."""

    __slots__ = ()


_Filled: TypeAlias = Any  # an Expression, a _Text, or a dict or list of such and of plain values


def is_templated(value: Any) -> bool:
    """Tell whether an expression stands in `value`, at any depth."""
    return _is_templated(value, set())


def _is_templated(value: Any, seen: set[int]) -> bool:
    # What an anchor stands for is walked once: aliases of aliases would take for ever.
    if isinstance(value, str):
        return _OPEN in value
    if not isinstance(value, dict | list) or id(value) in seen:
        return False
    seen.add(id(value))
    parts = value.values() if isinstance(value, dict) else value
    return any(_is_templated(part, seen) for part in parts)


def compile_template(value: Any) -> Template | None:
    """Find the expressions in `value`; None when there is none. Raises TemplateSyntaxError."""
    if not is_templated(value):
        return None
    expressions: list[Expression] = []
    filled = _compile(value, (), expressions)
    return Template(value, filled, tuple(expressions))


def _compile(value: Any, within: Location, expressions: list[Expression]) -> _Filled:
    if not is_templated(value):
        return value
    if isinstance(value, str):
        return _compile_text(value, within, expressions)
    if isinstance(value, dict):
        return {key: _compile(one, (*within, key), expressions) for key, one in value.items()}
    return [_compile(one, (*within, index), expressions) for index, one in enumerate(value)]


def _compile_text(text: str, within: Location, expressions: list[Expression]) -> _Filled:
    parts: list[str | Expression] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        if text.startswith(_ESCAPED, start - 1) and start > position:
            parts.append(text[position : start - 1] + _OPEN)
            position = start + len(_OPEN)
            continue
        parts.append(text[position:start])
        expression = _expression(text, start, within)
        expressions.append(expression)
        parts.append(expression)
        position = start + len(expression.text)
    parts.append(text[position:])
    kept = [part for part in parts if part != ""]
    if len(kept) == 1:
        return kept[0]
    return _Text(kept)


def _expression(text: str, start: int, within: Location) -> Expression:
    """Read the expression at `start`, up to the first brace that makes it whole."""

    def fault(message: str, length: int, hint: str | None = None) -> Exception:
        return TemplateSyntaxError(message, within=within, offset=start, length=length, hint=hint)

    inner = start + len(_OPEN)
    path = _PATH.match(text, inner)
    if path is None:
        end = text.find("}", inner)
        length = (end + 1 if end >= 0 else len(text)) - start
        hint = "write a name: ${vars.x}, ${matrix.y}; $${ for a literal ${"
        raise fault("'${' is not followed by a name", length, hint)
    parts: list[str | int] = [path[1]]
    for name, number, index in _PART.findall(path[2]):
        parts.append(name or int(number or index))
    end, query = path.end(), None
    if text.startswith("|", end):
        try:
            query, end = _program(text, end + 1)
        except QuerySyntaxError as error:
            raise fault(str(error), len(text) - start, error.hint) from error
    elif not text.startswith("}", end):
        length = end + 1 - start if "}" in text[end:] else len(text) - start
        raise fault("the expression is not closed", length, "write ${name} or ${name | jq}")
    return Expression(
        text=text[start : end + 1], path=tuple(parts), query=query, within=within, offset=start
    )


def _program(text: str, begin: int) -> tuple[Query, int]:
    """Compile the program from `begin`, and give also where its closing brace stands.

    jq has braces of its own: the first one that leaves a program before it closes. Raises
    QuerySyntaxError, whose offset counts from the start of `text`.
    """
    problem = unclosed = QuerySyntaxError("the expression is not closed", hint="add '}'")
    for brace in re.finditer("}", text[begin:]):
        end = begin + brace.start()
        program = text[begin:end].strip()
        try:
            return compile_query(program or "|", None), end
        except QuerySyntaxError as error:
            if problem is unclosed:
                problem = QuerySyntaxError(f"no jq program behind '|': {error}", hint=error.hint)
    raise problem


async def _render(filled: _Filled, names: Names) -> Any:
    if isinstance(filled, Expression):
        return await filled.value(names)
    if isinstance(filled, _Text):
        return "".join(
            [
                part if isinstance(part, str) else _as_text(await part.value(names))
                for part in filled
            ]
        )
    if isinstance(filled, dict):
        return {key: await _render(one, names) for key, one in filled.items()}
    if isinstance(filled, list):
        return [await _render(one, names) for one in filled]
    return filled


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
