"""jq programs, and the dotted paths of AgentSpec, which are not quite jq.

A dotted path (`.issues[0].rule`, `.[-1].requestId`, `.`) never fails: a missing key, an index out
of range or a value of another type gives null. It is walked here rather than by libjq, which
holds numbers as doubles: 9007199254740993 would come back as ...992, and 1.0 as 1.
Everything else is a jq program and goes to libjq.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from agentrig.scenario._query_error import QuerySyntaxError

__all__ = ["NO_NAMES", "Query", "Variables", "compile_query"]

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
        from agentrig.scenario._jq_program import unknown_name  # noqa: PLC0415  # as below

        raise unknown_name(text, names)
    return query


# By the text alone: other scenarios have other names and the same programs.
@lru_cache(maxsize=4096)
def _compiled(text: str) -> Query:
    if text.startswith((".", "[")) and _DOTTED.fullmatch(text):
        return _Path(text)
    from agentrig.scenario._jq_program import Program  # noqa: PLC0415  # most queries are paths

    try:
        return Program(text)
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
