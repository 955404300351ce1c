"""From a file to a checked scenario, or to all of its mistakes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from agentrig.errors import Mistake, ScenarioError, UsageError
from agentrig.scenario._mistakes import mistakes_of
from agentrig.scenario._model import Scenario, ScenarioFields, Step
from agentrig.scenario._source import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

__all__ = ["StepModels", "load_scenario"]


class StepModels(Protocol):
    """Who knows which kinds of step there are: the registry of the steps layer."""

    def model_for(self, step: Mapping[str, Any]) -> type[Step]:
        """Choose the model of a step by its keys. Raises UsageError when its kind is broken."""


def load_scenario(
    file: Path, models: StepModels, *, path: str | None = None, endpoints: Collection[str]
) -> Scenario:
    """Read and check one file; `endpoints` are the target names that it may use.

    Raises ScenarioError with every mistake of the file.
    """
    source = Source.read(file, path=path or file.as_posix())
    data = source.parse()
    context = {"endpoints": endpoints}
    mistakes: list[Mistake] = []
    fields: ScenarioFields | None = None
    try:
        fields = ScenarioFields.model_validate(data)
    except ValidationError as error:
        mistakes += mistakes_of(error, source, model=ScenarioFields)
    steps: list[Step] = []
    for index, raw in _raw_steps(data):
        try:
            model = models.model_for(raw)
        except UsageError as error:
            mistakes.append(Mistake(message=str(error), at=source.locate(("steps", index))))
            continue
        try:
            steps.append(model.model_validate(raw, context=context))
        except ValidationError as error:
            mistakes += mistakes_of(error, source, model=model, within=("steps", index))
    if mistakes or fields is None:
        mistakes.sort(key=lambda mistake: (mistake.at.line, mistake.at.column))
        # A step's key that is no text is a mistake to both models.
        raise ScenarioError(tuple(dict.fromkeys(mistakes)))
    return Scenario(
        path=source.path,
        name=fields.name,
        agent=fields.agent,
        proxy_port=fields.proxy_port,
        control_port=fields.control_port,
        tags=tuple(fields.tags),
        steps=tuple(steps),
        source=source,
    )


def _raw_steps(data: Any) -> list[tuple[int, dict[str, Any]]]:
    """List the steps that can be checked even where other parts of the file are wrong."""
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(steps, list):
        return []
    return [(index, step) for index, step in enumerate(steps) if isinstance(step, dict)]
