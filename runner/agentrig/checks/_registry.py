"""Matchers, and the one door through which all of them come: an entry point.

A matcher is an entry point of the group `agentrig.matchers` whose name is its key in a check; the
object behind it is a `Matcher`. agentrig's own stand in a table of such entry points, so that they
are found without looking at what is installed. A module is imported when the first check that uses
its matcher is loaded.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

from agentrig._entry_points import offered
from agentrig.checks._matcher import Matcher
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import TypeAdapter

__all__ = ["GROUP", "MatcherRegistry", "matchers", "operand_adapter"]

GROUP = "agentrig.matchers"

_BUILT_IN = {
    "_equality": ("equals", "not_equals", "one_of", "unordered_equals", "subset", "superset"),
    "_text": ("contains", "not_contains", "matches", "starts_with", "ends_with"),
    "_numbers": ("gt", "ge", "lt", "le", "between", "close_to"),
    "_shape": ("type", "length", "empty", "exists", "not_null"),
    "_schema": ("schema",),
    "_combined": ("not", "any", "all", "each"),
}


class MatcherRegistry:
    """The matchers that are installed; `names` are all of them, agentrig's own first."""

    def __init__(self, others: Sequence[EntryPoint] = ()) -> None:
        """Keep the entry points; none is loaded yet."""
        self._doors = {
            name: EntryPoint(name, f"agentrig.checks.{module}:{name.upper()}", GROUP)
            for module, names in _BUILT_IN.items()
            for name in names
        }
        # Which of two that have one name was meant, nobody can tell.
        self._clashes: dict[str, list[str]] = {}
        for door in others:
            if door.name in self._doors:
                first = self._doors[door.name].value
                self._clashes.setdefault(door.name, [first]).append(door.value)
            self._doors[door.name] = door
        self.names = tuple(self._doors)
        self._loaded: dict[str, Matcher] = {}

    def matcher(self, name: str) -> Matcher:
        """Load a matcher. Raises UsageError when it cannot be imported, or is no Matcher."""
        if name not in self._loaded:
            self._loaded[name] = self._load(self._doors[name])
        return self._loaded[name]

    def _load(self, door: EntryPoint) -> Matcher:
        if clash := self._clashes.get(door.name):
            both = " and ".join(f"'{value}'" for value in clash)
            raise UsageError(
                f"matcher '{door.name}': {both} have the same name; uninstall or rename one"
            )
        try:
            matcher = door.load()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"matcher '{door.name}': cannot load '{door.value}': {problem}; mend or uninstall"
                f" {_owner(door)}"
            ) from error
        if not isinstance(matcher, Matcher):
            raise UsageError(f"matcher '{door.name}': '{door.value}' is no Matcher")
        return matcher


def _owner(door: EntryPoint) -> str:
    return f"the package '{door.dist.name}'" if door.dist else "what declares it"


@cache
def matchers() -> MatcherRegistry:
    """Find the matchers that are installed, once per process."""
    return MatcherRegistry(offered(GROUP))


@cache
def operand_adapter(matcher: Matcher) -> TypeAdapter[Any]:
    """Give what checks the operands of a matcher."""
    from pydantic import TypeAdapter  # noqa: PLC0415  # help and version need none

    return TypeAdapter(matcher.operand)
