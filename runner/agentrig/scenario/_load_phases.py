"""From the raw lists of a document to its phases: kept ready while there is room, else packed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import Mistake, ScenarioError
from agentrig.scenario._load_steps import StepLoader
from agentrig.scenario._phases import PHASES, PackedSteps, Phases, definitions_in
from agentrig.scenario._scope import Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from agentrig.documents import Document
    from agentrig.scenario._load_steps import StepModels
    from agentrig.scenario._scenario import Place, StepNode

__all__ = ["LoadedPhases", "Room", "load_phases"]


class Room(Struct):
    """How many more steps may be kept ready, of all files together."""

    steps: int = sys.maxsize


class LoadedPhases(Struct, frozen=True):
    """Steps that were checked: the endpoints that they name, and how many they are."""

    phases: Phases
    endpoints: tuple[str, ...]
    count: int


def load_phases(
    data: Mapping[str, Any], place: Place, steps: StepLoader, scope: Scope, room: Room
) -> LoadedPhases:
    """Check the steps in `data`, a document's at `place`, which read what is in `scope`.

    Those of a document that is larger than the room that is left are never ready all at once.
    """
    endpoints: dict[str, None] = {}
    count = 0
    ready: dict[str, list[StepNode]] = {phase: [] for phase in PHASES}
    for phase in PHASES:
        for node in steps.load(data, place.document, place.folder, phase, scope):
            for definition in definitions_in((node,)):
                count += 1
                endpoint = getattr(definition.ready, "endpoint", None)
                if isinstance(endpoint, str):
                    endpoints[endpoint] = None
            if count <= room.steps:
                ready[phase].append(node)
            else:
                ready.clear()
    if count <= room.steps:
        room.steps -= count
        phases = Phases(**{phase: tuple(nodes) for phase, nodes in ready.items()})
    else:
        recipe = _Recipe.of(place, steps, scope)
        raw = {phase: data[phase] for phase in PHASES if isinstance(data.get(phase), list)}
        phases = Phases(**{phase: PackedSteps(phase, raw[phase], recipe.make) for phase in raw})
    return LoadedPhases(phases, tuple(endpoints), count)


class _Recipe(Struct, frozen=True):
    """What steps were made with, to make them again: thousands of files keep one each."""

    document: Document
    folder: Path
    models: StepModels
    endpoints: Collection[str]
    documents: dict[Path, list[Document]] | None
    roots: Mapping[str, Collection[str] | None]
    captured: tuple[str, ...]

    @classmethod
    def of(cls, place: Place, steps: StepLoader, scope: Scope) -> _Recipe:
        """Keep what `steps` has just loaded them with."""
        return cls(
            place.document,
            place.folder,
            steps.models,
            steps.endpoints,
            steps.documents or None,
            scope.roots,
            scope.captured,
        )

    def make(self, phase: str, raw: list[Any], first: int) -> list[StepNode]:
        """Make steps that were checked already; the files of scenarios are not read again.

        Raises ScenarioError for what has gone wrong since, as with a manifest that a step names.
        """
        mistakes: list[Mistake] = []
        steps = StepLoader(self.models, self.endpoints, mistakes, documents=self.documents)
        # Whatever they read was captured before them.
        scope = Scope(self.roots)
        scope.capture(self.captured)
        nodes = steps.load({phase: raw}, self.document, self.folder, phase, scope, first=first)
        made = list(nodes)
        if mistakes:
            raise ScenarioError(tuple(mistakes))
        return made
