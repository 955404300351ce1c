"""What every step can have, whatever its kind: when it runs, how often, and for how long."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agentrig.scenario._duration import Duration  # noqa: TC001  # pydantic resolves it
from agentrig.scenario._files import FileName  # noqa: TC001  # as above
from agentrig.scenario._model import StrictModel
from agentrig.scenario._template import is_templated

__all__ = ["DEFAULT_TIMEOUT_S", "Eventually", "Retry", "StepControls", "UsesStep"]

DEFAULT_TIMEOUT_S = 60.0
"""A step ends after this long unless it says otherwise: an endless answer must end."""


class Retry(StrictModel):
    """How often a step that did not pass is executed again, and after which pauses."""

    count: int = Field(ge=1, le=1000, description="How often at most, after the first time.")
    delay: Duration = Field(
        default=1.0, description="The pause before the first retry. Default: 1s."
    )
    factor: float = Field(default=1.0, ge=1, le=10, description="What each pause is multiplied by.")
    max_delay: Duration | None = Field(default=None, description="No pause is longer.")
    # Not `on`, which YAML 1.1 reads as true.
    outcomes: list[Literal["failed", "error"]] = Field(
        default=["failed", "error"],
        min_length=1,
        description="After which outcomes: `failed` checks, `error`s of the infrastructure.",
    )


class Eventually(StrictModel):
    """A step that may take its time: it is executed until it passes."""

    within: Duration = Field(description="How long at most, in all.")
    every: Duration = Field(default=0.5, description="The pause between two times. Default: 500ms.")


class StepControls(StrictModel):
    """The keys that every step has."""

    kind: ClassVar[str] = "step"

    name: str | None = Field(
        default=None,
        description="What the step does; shown in messages. Default: derived from the step itself.",
    )
    if_: Any = Field(
        default=True,
        alias="if",
        description="`${...}`: the step is skipped where it gives false or null.",
    )
    foreach: Any = Field(
        default=None,
        description="A list, or `${...}` that gives one: the step is executed for each element, "
        "which it reads as `${item}`, its place from 0 as `${index}`.",
    )
    timeout: Duration | None = Field(
        default=None, description="How long one execution may take. Default: 60s."
    )
    retry: Retry | None = Field(
        default=None, description="Execute the step again when it did not pass."
    )
    eventually: Eventually | None = Field(
        default=None, description="Execute the step until it passes, for so long."
    )

    def title(self) -> str:
        """Name the step in messages and reports."""
        return self.name or self.kind

    @field_validator("if_")
    @classmethod
    def _is_condition(cls, value: Any) -> Any:
        if isinstance(value, bool) or (isinstance(value, str) and is_templated(value)):
            return value
        hint = "write '${name | . == \"value\"}'"
        raise PydanticCustomError("if", "'if' is no condition", {"hint": hint})

    @field_validator("foreach")
    @classmethod
    def _is_list(cls, value: Any) -> Any:
        if isinstance(value, list) or (isinstance(value, str) and is_templated(value)):
            return value
        hint = "write [a, b], or '${name}' of a list"
        raise PydanticCustomError("foreach", "'foreach' is no list", {"hint": hint})

    @field_validator("eventually")
    @classmethod
    def _is_alone(cls, value: Eventually, info: ValidationInfo) -> Eventually:
        if info.data.get("retry") is not None:
            message = "'eventually' and 'retry' are two ways of the same"
            raise PydanticCustomError("eventually", message, {"hint": "keep one of them"})
        return value


class UsesStep(StepControls):
    """Steps reused from a document that has `define`."""

    kind: ClassVar[str] = "uses"

    uses: FileName = Field(
        description="`path#name`: the file, relative to this one, and the name that its "
        "document defines; `#name` for a document of this file."
    )
    with_: dict[str, Any] = Field(
        default_factory=dict,
        alias="with",
        description="Its inputs, which its steps read as `${with.name}`.",
    )

    @field_validator("uses")
    @classmethod
    def _is_reference(cls, value: str) -> str:
        _, separator, name = value.rpartition("#")
        if not separator or not name:
            hint = f"write '{value.rstrip('#') or 'path.yaml'}#name'"
            raise PydanticCustomError("uses", "'uses' names no document", {"hint": hint})
        return value

    @field_validator("timeout", "retry", "eventually")
    @classmethod
    def _is_for_steps(cls, _: Any, info: ValidationInfo) -> Any:
        message = "'{name}' is not for reused steps together"
        context = {"name": info.field_name, "hint": "give it to the steps one by one"}
        raise PydanticCustomError("uses", message, context)
