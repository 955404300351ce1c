"""What an event of a stream must be: a name or a whole data, or a check on the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Struct
from pydantic import Field, ValidationInfo
from pydantic_core import PydanticCustomError, core_schema

from agentrig.checks import Check, Output, check_output
from agentrig.errors import Position
from agentrig.events import Outcome

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from agentrig.documents import Location
    from agentrig.scenario import Names

__all__ = ["EventMatch", "event_output"]

_WRITTEN = Annotated[str, Field(min_length=1)] | Check
_NOWHERE = Position(path="", line=1, column=1, length=1, text="")


def event_output(event: dict[str, Any]) -> Output:
    """Make an output of one event, `{event, data, id}`, for checks on it."""
    data = event["data"]
    return Output(data=event, text=data if isinstance(data, str) else None)


class EventMatch(Struct, frozen=True):
    """Tells events from others; `text` is an event's name, or its data where that is no JSON."""

    text: str | None
    check: Check | None

    async def holds(self, event: dict[str, Any], names: Names) -> bool:
        """Tell whether an event is meant."""
        if self.check is None:
            return self.text in {event["event"], _text(event["data"])}
        results = await check_output(
            [self.check], event_output(event), names, title="", locate=_nowhere
        )
        return all(result.outcome is Outcome.PASSED for result in results)

    def __str__(self) -> str:
        if self.check is None:
            return f"'{self.text}'"
        matchers = ", ".join(f"{one.name}: {one.written!r}" for one in self.check.matchers)
        return f"{self.check.subject} ({matchers})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            cls.parse, json_schema_input_schema=handler.generate_schema(_WRITTEN)
        )

    @classmethod
    def parse(cls, raw: Any, info: ValidationInfo) -> EventMatch:
        """Read a text, or a check's mapping."""
        if isinstance(raw, str) and raw:
            return cls(raw, None)
        if isinstance(raw, dict):
            return cls(None, Check.parse(raw, info))
        hint = "write an event's name, or a check: {jq: .data.type, equals: token}"
        raise PydanticCustomError("event", "this names no event", {"hint": hint})


def _text(data: Any) -> str | None:
    return data if isinstance(data, str) else None


def _nowhere(_: Location) -> Position:
    # Positions are costly, and an event that is not meant is no mistake.
    return _NOWHERE
