"""A step that Python code calls: checked as one of a file is, with the call as its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.documents import Document, Source
from agentrig.errors import Mistake, ScenarioError
from agentrig.scenario._load_steps import StepLoader, StepModels
from agentrig.scenario._phases import Phases
from agentrig.scenario._scenario import Scenario
from agentrig.scenario._scope import Scope
from agentrig.scenario._template import is_templated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from agentrig.documents import Location
    from agentrig.errors import Position
    from agentrig.scenario._scenario import StepNode

__all__ = ["CallDocument", "load_call", "scenario_of_calls"]


class CallDocument(Document, eq=False, kw_only=True):
    """What stands in a call rather than in a file: all of it is at one place, the call's."""

    at: Position

    @classmethod
    def of(cls, data: Any, *, at: Position) -> CallDocument:
        """Take `data` as the document of a call at `at`."""
        text = "${" if is_templated(data) else ""
        return cls(at=at, source=Source(at.path, text), index=0, data=data)

    def locate(self, location: Location, *, key: bool = False) -> Position:  # noqa: ARG002  # the document's signature
        """Give the place of the call."""
        return self.at

    def locate_text(self, location: Location, offset: int, length: int) -> Position:  # noqa: ARG002  # the document's signature
        """Give the place of the call."""
        return self.at


def load_call(
    step: Mapping[str, Any],
    models: StepModels,
    *,
    at: Position,
    folder: Path,
    endpoints: Collection[str],
    captured: Iterable[str],
) -> StepNode:
    """Check one step, given as a file would hold it, with paths relative to `folder`.

    `captured` are the names that its `${...}` may read. Raises ScenarioError with all mistakes.
    """
    mistakes: list[Mistake] = []
    scope = Scope({})
    scope.capture(captured)
    loader = StepLoader(models, endpoints, mistakes)
    data = {"steps": [dict(step)]}
    nodes = list(loader.load(data, CallDocument.of(data, at=at), folder, "steps", scope))
    if mistakes:
        raise ScenarioError(tuple(dict.fromkeys(mistakes)))
    return nodes[0]


def scenario_of_calls(
    *,
    path: str,
    name: str,
    tags: tuple[str, ...],
    agent: str | None,
    proxy_port: int | None,
    control_port: int | None,
    at: Position,
) -> Scenario:
    """Give the scenario that called steps belong to: it has none of its own."""
    return Scenario(
        path=path,
        line=at.line,
        id_suffix="",
        name=name,
        agent=agent,
        proxy_port=proxy_port,
        control_port=control_port,
        tags=tags,
        variables={},
        matrix={},
        data={},
        timeout_s=None,
        locks=(),
        serial=False,
        skip=None,
        xfail=None,
        phases=Phases(),
        step_count=0,
        endpoints=(),
        env=frozenset(),
        secrets=frozenset(),
        document=CallDocument.of({}, at=at),
    )
