"""A scenario that can be run: its steps, some of them still to be filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from pydantic import ValidationError

from agentrig.errors import ScenarioError
from agentrig.scenario._mistakes import mistakes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentrig.documents import Document, Location
    from agentrig.errors import Position
    from agentrig.scenario._controls import StepControls
    from agentrig.scenario._names import Names
    from agentrig.scenario._phases import Phases
    from agentrig.scenario._template import Expression, Template

__all__ = ["Place", "Scenario", "StepDefinition", "StepGroup", "StepNode"]


class Place(Struct, frozen=True):
    """Where a step stands: reused ones stand in another file than the scenario."""

    document: Document
    location: Location
    folder: Path

    def locate(self, location: Location = (), *, key: bool = False) -> Position:
        """Find a part of the step in its file, e.g. `("expect", "status")`."""
        return self.document.locate((*self.location, *location), key=key)

    def locate_expression(self, expression: Expression, within: Location = ()) -> Position:
        """Find a `${...}`, whose own place is relative to `within` this one."""
        return self.document.locate_text(
            (*self.location, *within, *expression.within), expression.offset, len(expression.text)
        )


class StepDefinition(Struct, frozen=True, kw_only=True):
    """One step as it is written.

    `ready` is its model where nothing needs to be filled in; else `template` makes it, once
    names are known. `condition` and `elements` are what `if` and `foreach` say.
    """

    place: Place
    model: type[StepControls]
    controls: StepControls
    ready: StepControls | None
    template: Template | None
    condition: Template | None
    elements: Template | None
    context: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The kind of the step."""
        return self.model.kind

    @property
    def title(self) -> str:
        """The step's name before anything is filled in."""
        return self.ready.title() if self.ready else self.controls.name or self.kind

    async def fill_in(self, names: Names) -> StepControls:
        """Give the step with all names filled in.

        Raises RenderError, and ScenarioError where what was filled in makes no step.
        """
        if self.ready is not None:
            return self.ready
        if self.template is None:
            raise RuntimeError("a step without its model has a template")
        data = await self.template.render(names)
        try:
            return self.model.model_validate(data, context=self.context)
        except ValidationError as error:
            place = self.place
            mistakes = mistakes_of(error, place.document, model=self.model, within=place.location)
            raise ScenarioError(tuple(mistakes)) from error


class StepGroup(Struct, frozen=True, kw_only=True):
    """Steps that are reused: `inputs` are what they read as `with`, defaults included."""

    place: Place
    controls: StepControls
    condition: Template | None
    elements: Template | None
    inputs: Mapping[str, Any]
    template: Template | None
    steps: tuple[StepNode, ...]

    @property
    def kind(self) -> str:
        """What stands in the place of a kind."""
        return self.controls.kind

    @property
    def title(self) -> str:
        """The step's name before anything is filled in."""
        return self.controls.title()

    async def fill_in(self, names: Names) -> Mapping[str, Any]:
        """Give the inputs with all names filled in. Raises RenderError."""
        filled: Mapping[str, Any] = (
            await self.template.render(names) if self.template else self.inputs
        )
        return filled


StepNode = StepDefinition | StepGroup


class Scenario(Struct, frozen=True, kw_only=True):
    """A checked scenario: one document of a file, with one combination of its values.

    `path` is how reports name the file, with forward slashes; `id_suffix` tells apart what one
    file gives: `""`, `::Second document`, `[small-eu]`. `endpoints` are those that need not be
    filled in; `env` and `secrets` name the variables and secrets that it cannot do without.
    """

    path: str
    line: int
    id_suffix: str
    name: str
    agent: str | None
    proxy_port: int | None
    control_port: int | None
    tags: tuple[str, ...]
    variables: Mapping[str, Template | Any]
    matrix: Mapping[str, Any]
    data: Mapping[str, Any]
    timeout_s: float | None
    locks: tuple[str, ...]
    serial: bool
    skip: str | None
    xfail: str | None
    phases: Phases
    step_count: int
    endpoints: tuple[str, ...]
    env: frozenset[str]
    secrets: frozenset[str]
    document: Document

    def locate(self, location: Location, *, key: bool = False) -> Position:
        """Find a part of the scenario in its file, e.g. `("steps", 0, "expect", "status")`."""
        return self.document.locate(location, key=key)
