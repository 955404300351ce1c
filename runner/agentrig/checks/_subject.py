"""What of a step's output a check or a capture is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pydantic_core import PydanticCustomError

from agentrig._redact import cut
from agentrig.checks._matcher import CannotMatchError, Missing
from agentrig.checks._output import NotJsonError
from agentrig.checks._patterns import SlowPatternError, begin, checked_pattern, in_thread, search
from agentrig.checks._values import name_type
from agentrig.scenario import Query, QueryError, QuerySyntaxError, compile_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.checks._output import Output
    from agentrig.scenario import Variables

__all__ = ["PLAIN", "SELECTING", "NothingThereError", "Subject", "selecting_subject"]

SELECTING: Mapping[str, str] = {
    "jq": "A dotted path (`.issues[0].rule`) or a jq program over the JSON value.",
    "header": "A response header by its name; several values are joined with commas.",
    "cookie": "A cookie by its name.",
    "regex": "What a regular expression finds in the whole text: its first group, else all of it.",
}
"""Subjects that say which part they are about."""

PLAIN: Mapping[str, str] = {
    "status": "The HTTP status code.",
    "elapsed_ms": "How long the step took, in milliseconds.",
    "body": "The whole text of the body.",
}
"""Subjects of which there is one."""


# A report names each check; a long program must not fill its line.
LABEL_CHARACTERS = 100


class NothingThereError(Exception):
    """A subject cannot be read: the text says why."""


class Subject(Struct, frozen=True):
    """A part of an output: `kind` is its key, `selector` what stands behind it."""

    kind: str
    selector: str | None
    query: Query | None = None

    @property
    def label(self) -> str:
        """Name it in the name of a check."""
        if self.selector is None:
            return self.kind
        return cut(f"{self.kind} {self.selector}", LABEL_CHARACTERS)

    def __str__(self) -> str:
        if self.selector is None:
            return self.kind
        return f"{'path' if self.kind == 'jq' else self.kind} '{self.selector}'"

    async def read(self, output: Output, names: Variables) -> Any:
        """Give its value, or a Missing. Raises NothingThereError."""
        if self.query is None:
            return await _READERS[self.kind](output, self.selector or "")
        try:
            return await self.query.evaluate(output.data, names)
        except NotJsonError as error:
            raise NothingThereError(f"the body is not JSON: {error}") from error
        except QueryError as error:
            raise NothingThereError(str(error)) from error


def selecting_subject(kind: str, raw: Any, names: frozenset[str] | None) -> Subject:
    """Read the selector of a subject. Raises what pydantic makes a mistake of."""
    if raw is None:
        hint = "give it one, or take the key away"
        raise PydanticCustomError("no_value", "'{name}' has no value", {"name": kind, "hint": hint})
    if not isinstance(raw, str):
        context = {"name": kind, "what": name_type(raw), "hint": "quote it"}
        raise PydanticCustomError("text", "'{name}' must be text, not {what}", context)
    if not raw.strip():
        hints = {"jq": "write '.' for the whole value", "regex": "write 'body' for the whole text"}
        context = {"name": kind, "hint": hints.get(kind, "write its name")}
        raise PydanticCustomError("empty", "'{name}' must not be empty", context)
    if kind == "jq":
        return Subject(kind, raw, _checked_query(raw, names))
    return Subject(kind, checked_pattern(raw) if kind == "regex" else raw)


def _checked_query(text: str, names: frozenset[str] | None) -> Query:
    try:
        return compile_query(text, names)
    except QuerySyntaxError as error:
        raise PydanticCustomError(
            "jq",
            "'jq' is no jq program: {problem}",
            {
                "problem": str(error),
                "offset": error.offset,
                "length": error.length,
                "hint": error.hint,
            },
        ) from error


async def _header(output: Output, name: str) -> Any:
    value = output.header(name)
    return Missing(f"header '{name}'") if value is None else value


async def _cookie(output: Output, name: str) -> Any:
    value = output.cookies.get(name)
    return Missing(f"cookie '{name}'") if value is None else value


async def _regex(output: Output, pattern: str) -> Any:
    begin()
    try:
        try:
            found = search(pattern, output.text)
        except SlowPatternError:
            found = await in_thread(search, pattern, output.text)
    except CannotMatchError as error:
        raise NothingThereError(str(error)) from error
    if found is None:
        return Missing(f"match of '{pattern}'")
    group = found[1] if found.re.groups else found[0]
    return Missing(f"group 1 in the match of '{pattern}'") if group is None else group


async def _status(output: Output, _: str) -> Any:
    return Missing("status") if output.status is None else output.status


async def _elapsed_ms(output: Output, _: str) -> Any:
    return output.elapsed_ms


async def _body(output: Output, _: str) -> Any:
    return output.text


_READERS = {
    "header": _header,
    "cookie": _cookie,
    "regex": _regex,
    "status": _status,
    "elapsed_ms": _elapsed_ms,
    "body": _body,
}
