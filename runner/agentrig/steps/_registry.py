"""Kinds of step, and the one door through which all of them come: an entry point.

A kind is an entry point of the group `agentrig.steps` whose name is the key that marks a step of
that kind; the object behind it is a `StepKind`. agentrig's own kinds are declared in the same
way, in its `pyproject.toml`. A kind's module is imported when the first step that uses it is
loaded, never at start-up.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from agentrig._entry_points import offered
from agentrig.errors import UsageError
from agentrig.steps._model import Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from importlib.metadata import EntryPoint

    from agentrig.steps._context import StepContext, StepResult

__all__ = ["DEFAULT_KIND", "GROUP", "StepKind", "StepKinds", "step_kinds"]

GROUP = "agentrig.steps"
DEFAULT_KIND = "http"
"""The kind of a step that has no kind's key: its keys stand in the step itself."""

StepT = TypeVar("StepT", bound=Step)


class StepKind(Struct, Generic[StepT], frozen=True, kw_only=True):
    """A kind of step: the model of its keys, and what executes it.

    `execute` raises InfraError when there can be no verdict; everything else that a step may
    find is in its result.
    """

    model: type[StepT]
    execute: Callable[[StepT, StepContext], Awaitable[StepResult]]
    gives: str = ""
    """What `jq` reads in `expect` and `capture`, in words for the reference."""


class StepKinds:
    """The kinds that are installed."""

    def __init__(self, doors: Mapping[str, EntryPoint]) -> None:
        """Keep the entry points; none is loaded yet."""
        self._doors = doors
        self._loaded: dict[str, StepKind[Any]] = {}

    @property
    def names(self) -> list[str]:
        """The names of all kinds, sorted."""
        return sorted(self._doors)

    def kind(self, name: str) -> StepKind[Any]:
        """Load a kind. Raises UsageError when it cannot be imported, or is no StepKind."""
        if name not in self._loaded:
            door = self._doors[name]
            try:
                kind = door.load()
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
                raise UsageError(
                    f"step kind '{name}': cannot load '{door.value}': {problem}"
                ) from error
            if not isinstance(kind, StepKind):
                raise UsageError(f"step kind '{name}': '{door.value}' is no StepKind")
            self._loaded[name] = kind
        return self._loaded[name]

    def model_for(self, step: Mapping[str, Any]) -> type[Step]:
        """Choose the model of a step by the kind's key in it, else the default kind's."""
        model: type[Step] = self.kind(self._name_of(step)).model
        return model

    def kind_of(self, step: Step) -> StepKind[Any]:
        """Find the kind that a loaded step is of."""
        return self.kind(step.kind)

    def _name_of(self, step: Mapping[str, Any]) -> str:
        if self._doors.keys().isdisjoint(step):  # as most steps, and faster
            return DEFAULT_KIND
        return next((name for name in self._doors if name in step), DEFAULT_KIND)


@cache
def step_kinds() -> StepKinds:
    """Find the kinds that are installed, once per process."""
    return StepKinds({door.name: door for door in offered(GROUP)})
