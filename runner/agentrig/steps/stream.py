"""The kind `stream`: a request whose response is a stream of server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from agentrig.checks import NO_DATA, Output
from agentrig.events import CheckResult, Outcome
from agentrig.scenario import Duration, StrictModel
from agentrig.steps._bodies import body_of
from agentrig.steps._context import StepResult
from agentrig.steps._event_match import EventMatch  # noqa: TC001  # pydantic resolves it
from agentrig.steps._event_stream import MAX_EVENTS, SUCCESSES, EventReader
from agentrig.steps._exchange import BODY_CHARACTERS, exchange_of, no_answer
from agentrig.steps._expect import check_body, check_head
from agentrig.steps._fields import OrSchema
from agentrig.steps._registry import StepKind
from agentrig.steps._request_step import BodyStep
from agentrig.steps._sending import prepare
from agentrig.steps._stream_expect import StreamExpect, check_events

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentrig.steps._context import StepContext
    from agentrig.steps._event_stream import Reading
    from agentrig.steps._messages import Response

__all__ = ["KIND", "StreamStep"]


class StreamKeys(StrictModel):
    """How far a stream is read."""

    until: EventMatch | None = Field(
        default=None,
        description="The event to stop at; that it never comes fails the step. A text is an "
        "event's name or its whole data, e.g. `[DONE]`; anything else a check on the event.",
    )
    idle_timeout: Duration | None = Field(
        default=None, description="The longest silence before an event; comments break none."
    )
    max_events: int | None = Field(
        default=None,
        ge=1,
        le=MAX_EVENTS,
        description="Stop after so many events; with `until`, that fails the step. "
        f"A stream of {MAX_EVENTS} fails it in any case.",
    )


def _keys(value: Any) -> Any:
    if value is True:
        return {}
    if value is False:
        hint = "take the key away: then it is an http step"
        raise PydanticCustomError("stream", "'stream' cannot be false", {"hint": hint})
    return value


if TYPE_CHECKING:
    _Keys: TypeAlias = StreamKeys
else:
    _Keys = Annotated[StreamKeys, BeforeValidator(_keys), OrSchema({"const": True})]


class StreamStep(BodyStep):
    """One HTTP request whose response is read as server-sent events."""

    kind: ClassVar[str] = "stream"

    stream: _Keys = Field(description="How far the stream is read; `true` for all of it.")
    expect: StreamExpect | None = Field(default=None, description="What the stream must be.")


async def execute(step: StreamStep, context: StepContext) -> StepResult:
    """Send the request, read the stream and check it.

    Raises InfraError when there can be no verdict: no connection comes about, or no token.
    """
    body, content_type = await body_of(step, context.folder)
    sending = await prepare(
        step, context, step.method.upper(), body=body, content_type=content_type
    )
    if not any(name.lower() == "accept" for name in step.headers):
        # HTML standard, 9.2.2, the EventSource constructor.
        sending.request.headers.append(("accept", "text/event-stream"))
    keys = step.stream
    reader = EventReader(
        sending,
        until=_until(keys.until, context) if keys.until else None,
        max_events=keys.max_events,
        idle_s=keys.idle_timeout,
    )
    reading = await reader.read()
    response = reading.response
    is_plain = response is not None and not reading.is_stream
    output = Output(
        data=NO_DATA if is_plain else reading.data(),
        body=response.body if response else b"",
        status=response.status if response else None,
        headers=response.headers if response else (),
        cookies=response.cookies if response else {},
        elapsed_ms=sending.elapsed_ms,
    )
    return StepResult(
        checks=await _checks(step, reading, output, context),
        output=output,
        exchange=lambda: exchange_of(
            sending.request, response, shown=reading.shown(BODY_CHARACTERS)
        ),
    )


def _until(match: EventMatch, context: StepContext) -> Callable[[dict[str, Any]], Awaitable[bool]]:
    async def holds(event: dict[str, Any]) -> bool:
        return await match.holds(event, context.names)

    return holds


async def _checks(
    step: StreamStep, reading: Reading, output: Output, context: StepContext
) -> tuple[CheckResult, ...]:
    """Check the head, whether it is a whole stream, its events, and the output as a whole."""
    title, expect = step.title(), step.expect or StreamExpect()
    results = check_head(expect, output, context, title) if reading.response else ()
    if _failed(results):
        return results
    problem = reading.problem
    if reading.response is not None and not reading.is_stream:
        # A status that is asked for is a response like any other.
        wanted = expect.status is not None and reading.response.status not in SUCCESSES
        problem = problem or (None if wanted else _no_stream(reading.response))
    if problem:
        return (*results, no_answer(title, context, problem))
    results += await check_events(expect, reading.events, context, title)
    return (
        results if _failed(results) else results + await check_body(expect, output, context, title)
    )


def _failed(results: tuple[CheckResult, ...]) -> bool:
    return bool(results) and results[-1].outcome is Outcome.FAILED


def _no_stream(response: Response) -> str:
    if response.status not in SUCCESSES:
        return f"expected a stream of events, got status {response.status}"
    kind = next((value for name, value in response.headers if name == "content-type"), None)
    got = f"'{kind}'" if kind else "none"
    return f"expected a stream of events, got the content type {got}, not 'text/event-stream'"


KIND = StepKind(
    model=StreamStep,
    execute=execute,
    gives=(
        "`{events, count, first_event_ms, ended_by}`; an event is `{event, data, id}`, its data "
        "as JSON where it is JSON"
    ),
)
