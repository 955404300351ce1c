"""The typed model of a scenario file, whatever kinds of step it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from agentrig.errors import Position
    from agentrig.scenario._source import Location, Source

__all__ = ["Port", "Scenario", "ScenarioFields", "Step", "StrictModel"]

Port = Annotated[int, Field(ge=1, le=65535)]


class StrictModel(BaseModel):
    """A part of a file: its keys are closed, and its values are not converted.

    A field's description goes into the JSON Schema, and so into an editor's hover text. It is
    given by `Field`: reading it from strings under the fields costs 20 ms at every start.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def _has_value(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse `status:` with nothing behind it: it would check nothing, and pass."""
        if value is None and cls.model_fields[str(info.field_name)].annotation is not Any:
            raise PydanticCustomError(
                "no_value",
                "'{name}' has no value",
                {"name": info.field_name, "hint": "give it one, or take the key away"},
            )
        return value


class Step(StrictModel):
    """What every kind of step has; a kind adds its own keys."""

    kind: ClassVar[str]

    name: str | None = Field(
        default=None,
        description="What the step does; shown in messages. Default: derived from the step itself.",
    )

    def title(self) -> str:
        """Name the step in messages and reports."""
        return self.name or self.kind


class ScenarioFields(StrictModel):
    """The keys of a scenario; steps are checked one by one against the model of their kind."""

    name: str = Field(description="What the scenario shows, in words; it heads the report.")
    agent: str | None = Field(
        default=None, description="The agent under test; fills `{agent}` in target URLs."
    )
    proxy_port: Port | None = Field(
        default=None,
        description="Local port of the agent's proxy when the run goes `direct`: http://127.0.0.1:PORT.",
    )
    control_port: Port | None = Field(
        default=None,
        description="Local port of the agent's control plane when the run goes `direct`.",
    )
    tags: list[str] = Field(default=[], description="Words to select scenarios by.")
    steps: list[dict[str, Any]] = Field(
        description="The steps, in order; the scenario ends at the first one that does not pass."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A checked scenario file; `path` is how reports name it, with forward slashes."""

    path: str
    name: str
    agent: str | None
    proxy_port: int | None
    control_port: int | None
    tags: tuple[str, ...]
    steps: tuple[Step, ...]
    source: Source

    def locate(self, location: Location, *, key: bool = False) -> Position:
        """Find a part of the scenario in its file, e.g. `("steps", 0, "expect", "status")`."""
        return self.source.locate(location, key=key)
