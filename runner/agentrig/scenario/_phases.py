"""The steps of a scenario: ready, or packed in blocks that are made again one after the other."""

from __future__ import annotations

import marshal
import zlib
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import Struct

from agentrig.scenario._scenario import StepGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentrig.scenario._scenario import StepDefinition, StepNode

__all__ = ["PHASES", "MakeSteps", "PackedSteps", "Phases", "definitions_in"]

PHASES = ("setup", "steps", "teardown")

BLOCK_STEPS = 50
"""So many are made at once: a millisecond in which nothing else runs."""


class MakeSteps(Protocol):
    """Makes steps that were checked already."""

    def __call__(self, phase: str, raw: list[Any], first: int) -> Iterable[StepNode]:
        """Make them of a part of a phase's raw list, which begins at the index `first` of it.

        Raises ScenarioError for what has gone wrong since they were checked.
        """


class PackedSteps:
    """Steps that are made anew each time they are iterated over, as many at once as a block has.

    A step takes 3 kB once it is checked, packed less than a tenth of that: neither thousands of
    files nor a file of thousands of steps must fill the memory.
    """

    __slots__ = ("_blocks", "_make", "_phase")

    def __init__(self, phase: str, raw: list[Any], make: MakeSteps) -> None:
        """Pack the raw list of a phase: whatever YAML can hold, also a value that holds itself."""
        self._phase = phase
        self._make = make
        self._blocks = tuple(
            zlib.compress(marshal.dumps(raw[first : first + BLOCK_STEPS]), 1)
            for first in range(0, len(raw), BLOCK_STEPS)
        )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._blocks)

    def __iter__(self) -> Iterator[StepNode]:
        """Make the steps, in order. Raises ScenarioError as `make` does."""
        for number, block in enumerate(self._blocks):
            raw = marshal.loads(zlib.decompress(block))  # noqa: S302  # what we packed ourselves
            yield from self._make(self._phase, raw, number * BLOCK_STEPS)


Steps: TypeAlias = "tuple[StepNode, ...] | PackedSteps"


class Phases(Struct, frozen=True, kw_only=True):
    """The steps of a scenario, list by list."""

    setup: Steps = ()
    steps: Steps = ()
    teardown: Steps = ()

    def definitions(self) -> Iterator[StepDefinition]:
        """List every step as it is written, also those of reused documents."""
        for nodes in (self.setup, self.steps, self.teardown):
            yield from definitions_in(nodes)


def definitions_in(nodes: Iterable[StepNode]) -> Iterator[StepDefinition]:
    """List every step of `nodes` as it is written, also those of reused documents."""
    for node in nodes:
        if isinstance(node, StepGroup):
            yield from definitions_in(node.steps)
        else:
            yield node
