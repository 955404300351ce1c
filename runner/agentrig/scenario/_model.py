"""The typed model of a scenario document, whatever kinds of step it holds."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentrig.scenario._duration import Duration  # noqa: TC001  # pydantic resolves it
from agentrig.scenario._files import FileName  # noqa: TC001  # as above

__all__ = ["DefinitionFields", "Port", "ScenarioFields", "StrictModel", "empty_list"]

Port = Annotated[int, Field(ge=1, le=65535)]


def empty_list() -> list[Any]:
    """Be the default of a field, which pydantic would copy, as anything that can be changed.

    Of `list` itself it reads the signature, for 1.4 ms.
    """
    return []


def empty_mapping() -> dict[str, Any]:
    """Be the default of a field, as `empty_list`."""
    return {}


class StrictModel(BaseModel):
    """A part of a file: its keys are closed, and its values are not converted.

    A field's description goes into the JSON Schema, and so into an editor's hover text. It is
    given by `Field`: reading it from strings under the fields costs 20 ms at every start.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _has_values(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse `status:` with nothing behind it: it would check nothing, and pass."""
        if isinstance(given, dict) and None in given.values() and not issubclass(cls, _Picky):
            empty = {key for key, value in given.items() if value is None}
            if not empty <= _nullable(cls):
                _picky(cls).model_validate(given, context=info.context)
        return given


class _Picky(BaseModel):
    """Looks at each value by itself, so that one that is not there is told among other mistakes.

    A validator of every field takes as long to build as all others together, at every start, and
    is called for every value that is there.
    """

    model_config = ConfigDict(defer_build=True)

    @field_validator("*", mode="before", check_fields=False)
    @classmethod
    def _has_value(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and cls.model_fields[str(info.field_name)].annotation is not Any:
            raise PydanticCustomError(
                "no_value",
                "'{name}' has no value",
                {"name": info.field_name, "hint": "give it one, or take the key away"},
            )
        return value


@cache
def _nullable(model: type[StrictModel]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(field.alias or name for name, field in fields if field.annotation is Any)


@cache
def _picky(model: type[StrictModel]) -> type[BaseModel]:
    return type(model.__name__, (_Picky, model), {"__module__": model.__module__})


Variables = dict[str, Any]
Steps = list[dict[str, Any]]


class Matrix(StrictModel):
    """`name: [value, value]`, combined: the scenario becomes one item per combination."""

    model_config = ConfigDict(extra="allow")

    include: list[dict[str, Any]] = Field(
        default=[], min_length=1, description="Combinations to add, or to complete."
    )
    exclude: list[dict[str, Any]] = Field(
        default=[], min_length=1, description="Combinations to leave out; parts of them suffice."
    )

    @model_validator(mode="after")
    def _has_values(self) -> Matrix:
        for name, values in (self.model_extra or {}).items():
            if not isinstance(values, list) or not values:
                message = "'{name}' must be a list of values"
                context = {"name": name, "within": (name,), "hint": f"write {name}: [a, b]"}
                raise PydanticCustomError("matrix", message, context)
        return self


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
    tags: list[str] = Field(default_factory=empty_list, description="Words to select scenarios by.")
    vars: Variables = Field(
        default_factory=empty_mapping,
        description="Variables, which steps read as `${name}` or `$name` in jq.",
    )
    matrix: Matrix | None = Field(
        default=None,
        description="Lists of values: one item per combination, which steps read as "
        "`${matrix.name}`. `include` and `exclude` add and leave out combinations.",
    )
    data: FileName | None = Field(
        default=None,
        description="A CSV, JSON, JSONL or YAML file, relative to this one: one item per row, "
        "whose columns steps read as `${data.column}`.",
    )
    timeout: Duration | None = Field(
        default=None, description="How long `setup` and `steps` may take together."
    )
    locks: list[str] = Field(
        default_factory=empty_list,
        description="Scenarios that share a lock never run at the same time.",
    )
    serial: bool = Field(default=False, description="Nothing else runs at the same time.")
    skip: str | None = Field(
        default=None, min_length=1, description="Why the scenario is not run for now."
    )
    xfail: str | None = Field(
        default=None,
        min_length=1,
        description="Why the scenario is expected to fail; one that passes is a failure.",
    )
    setup: Steps = Field(
        default_factory=empty_list, description="Steps before the steps; they fail it as well."
    )
    steps: Steps = Field(
        description="The steps, in order; the scenario ends at the first one that does not pass."
    )
    teardown: Steps = Field(
        default_factory=empty_list,
        description="Steps that always run at the end: after a failure, a timeout, an interruption.",
    )


class DefinitionFields(StrictModel):
    """The keys of a document whose steps others reuse: it is no scenario of its own."""

    define: str = Field(
        min_length=1, description="The name that `uses: path#name` reuses these steps by."
    )
    with_: dict[str, Any] = Field(
        default={},
        alias="with",
        description="Inputs and their defaults, read as `${with.name}`; one without a value "
        "must be given.",
    )
    steps: Steps = Field(description="The steps, in order.")
