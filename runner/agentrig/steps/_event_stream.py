"""Reading a response as server-sent events, until it ends or enough has come."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from pydantic_core import from_json

from agentrig._redact import cut
from agentrig.scenario import describe_duration
from agentrig.steps._bodies import readable
from agentrig.steps._messages import LateError, NoAnswerError
from agentrig.steps._sse import DEFAULT_EVENT, SseParser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentrig.steps._messages import Response, Streamed
    from agentrig.steps._sending import Sending
    from agentrig.steps._sse import SseEvent

__all__ = ["MAX_EVENTS", "SUCCESSES", "EventReader", "Reading"]

MAX_EVENTS = 100_000
"""An endless stream of small events must end before it fills the memory."""

_EVENT_STREAM = "text/event-stream"
SUCCESSES = range(200, 300)
"""RFC 9110, 15.3: the statuses of a response that holds what was asked for."""

_SHOWN_EVENTS = 20


class Reading(Struct, kw_only=True):
    """What was read: `events` of `{event, data, id}`, data parsed where it is JSON.

    `ended_by` is `end` (the server's), `until` or `max_events`; `problem` says why the stream is
    none, or not whole. `response` has what came as its body; None when nothing did.
    """

    response: Response | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    ended_by: str | None = None
    problem: str | None = None
    first_event_ms: float | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the response is one of server-sent events."""
        return self.response is not None and _is_stream(self.response)

    def data(self) -> dict[str, Any]:
        """Give it as a step's output."""
        return {
            "events": self.events,
            "count": len(self.events),
            "first_event_ms": self.first_event_ms,
            "ended_by": self.ended_by,
        }

    def shown(self, limit: int) -> str | None:
        """Write the last events for a person, or what came in their place."""
        if self.response is None or not self.is_stream:
            return None
        last = self.events[-_SHOWN_EVENTS:]
        lines = [_written(event) for event in last]
        if len(self.events) > len(last):
            lines.insert(0, f"(the last {len(last)} of {len(self.events)} events)")
        text = "\n\n".join(lines)
        return cut(readable(text, len(text)), limit)


class EventReader:
    """Reads the events of one response; `reading` is what has been read so far.

    `until` ends the reading at the event for which it holds, `max_events` after so many; `idle_s`
    is the longest silence before an event, and comments break none.
    """

    def __init__(
        self,
        sending: Sending,
        *,
        until: Callable[[dict[str, Any]], Awaitable[bool]] | None = None,
        max_events: int | None = None,
        idle_s: float | None = None,
    ) -> None:
        """Send nothing yet."""
        self.reading = Reading()
        self._sending = sending
        self._until = until
        self._max_events = max_events
        self._idle_s = idle_s

    async def read(self) -> Reading:
        """Send the request and read its events.

        What goes wrong once the target is reached is the reading's `problem`. Raises what
        `Sending` raises otherwise.
        """
        reading = self.reading
        # Whose token is late is not the agent's silence.
        await self._sending.authorize()
        try:
            async with asyncio.timeout(self._idle_s) as silence:
                async with self._sending.open() as streamed:
                    await self._take_in(streamed, silence)
        except TimeoutError:
            if not silence.expired():
                raise
            waited = describe_duration(self._idle_s or 0)
            reading.problem = f"no event for {waited}, after {self._so_far()}"
        except NoAnswerError as error:
            reading.response = reading.response or error.response
            reading.problem = str(error)
            if reading.is_stream:
                if isinstance(error, LateError):
                    waited = describe_duration(error.waited_s)
                    reading.problem = f"the stream did not end within {waited}"
                reading.problem += f", after {self._so_far()}"
        return reading

    async def _take_in(self, streamed: Streamed, silence: asyncio.Timeout) -> None:
        reading = self.reading
        response = reading.response = streamed.head()
        is_stream = reading.is_stream
        parser = SseParser()
        pieces: list[bytes] = []
        try:
            async for chunk in streamed.chunks:
                pieces.append(chunk)
                for event in parser.feed(chunk) if is_stream else ():
                    if await self._ends_with(event):
                        return
                    if self._idle_s is not None and not silence.expired():
                        silence.reschedule(asyncio.get_running_loop().time() + self._idle_s)
        finally:
            response.body = b"".join(pieces)
        reading.ended_by = "end"
        if self._until is not None and is_stream:
            reading.problem = f"the stream ended before 'until' held, after {self._so_far()}"

    async def _ends_with(self, event: SseEvent) -> bool:
        """Take in one event, and tell whether it is the last to be read."""
        reading = self.reading
        if reading.first_event_ms is None:
            reading.first_event_ms = round(self._sending.elapsed_ms, 3)
        found = {"event": event.event, "data": _parsed(event.data), "id": event.id}
        reading.events.append(found)
        if self._until is not None and await self._until(found):
            reading.ended_by = "until"
            return True
        if len(reading.events) < (self._max_events or MAX_EVENTS):
            return False
        reading.ended_by = "max_events"
        if self._until is not None:
            reading.problem = f"'until' did not hold within {self._so_far()}, 'max_events'"
        elif self._max_events is None:
            reading.problem = f"the stream did not end within {self._so_far()}"
        return True

    def _so_far(self) -> str:
        count = len(self.reading.events)
        return f"{count} event{'s' * (count != 1)}"


def _parsed(data: str) -> Any:
    """Read data as JSON where it is; anything else stays text."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        return data


def _is_stream(response: Response) -> bool:
    kind = next((value for name, value in response.headers if name == "content-type"), "")
    is_events = kind.partition(";")[0].strip().lower() == _EVENT_STREAM
    return is_events and response.status in SUCCESSES


def _written(event: dict[str, Any]) -> str:
    """Write an event as it may have come."""
    data = event["data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    lines = [f"data: {line}" for line in text.split("\n")]
    if event["event"] != DEFAULT_EVENT:
        lines.insert(0, f"event: {event['event']}")
    if event["id"]:
        lines.insert(0, f"id: {event['id']}")
    return "\n".join(lines)
