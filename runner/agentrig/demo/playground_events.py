"""Server-sent events of the playground, as WHATWG's HTML standard says (9.2)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agentrig.demo.playground_answers import whole_number

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

__all__ = ["event_routes", "event_stream"]

_MOST_EVENTS = 100_000
_LONGEST_PAUSE_MS = 60_000
_GET_OR_POST = ["GET", "POST"]

# Everything that the format knows, in one short stream: a comment, a name, data of two lines,
# an id that stays, a field that nobody knows, no space behind the colon, and an event without
# its last line, which counts for nothing.
_STORY = """\
: the story begins
retry: 1500

id: 1
event: plan
data: {"step": "think"}

event: answer
data: Monday: rest
data: Tuesday: run

colour: blue
data:no space here

: still there

id: 2
event: done
data: [DONE]

data: never sent whole"""


def event_routes() -> list[Route]:
    """Give `/events` and what lies below it; agents stream on POST, so that works as well."""
    return [
        Route("/events", _counted, methods=_GET_OR_POST),
        Route("/events/story", _story, methods=_GET_OR_POST),
        Route("/events/endless", _endless, methods=_GET_OR_POST),
        Route("/events/silent", _silent, methods=_GET_OR_POST),
    ]


def event_stream(chunks: AsyncIterator[str]) -> Response:
    """Answer with a stream of events that nobody may keep back."""
    return StreamingResponse(
        chunks, media_type="text/event-stream", headers={"cache-control": "no-cache"}
    )


async def _counted(request: Request) -> Response:
    """Send `count` events, `every_ms` after each other, named `event` if that is given."""
    count = whole_number(request, "count", default=3, most=_MOST_EVENTS)
    every_ms = whole_number(request, "every_ms", default=0, most=_LONGEST_PAUSE_MS)
    return event_stream(_numbers(count, every_ms=every_ms, name=_name_of(request)))


async def _endless(request: Request) -> Response:
    every_ms = whole_number(request, "every_ms", default=10, most=_LONGEST_PAUSE_MS)
    return event_stream(_numbers(None, every_ms=every_ms, name=_name_of(request)))


async def _silent(request: Request) -> Response:
    """Send `count` events, and then comments alone for as long as somebody listens."""
    count = whole_number(request, "count", default=1, most=_MOST_EVENTS)

    async def chunks() -> AsyncIterator[str]:
        async for chunk in _numbers(count, every_ms=0, name=""):
            yield chunk
        while True:
            await asyncio.sleep(0.05)
            yield ": nothing new\n\n"

    return event_stream(chunks())


async def _story(_request: Request) -> Response:
    async def chunks() -> AsyncIterator[str]:
        # In pieces that end anywhere, as a network gives them.
        for start in range(0, len(_STORY), 17):
            yield _STORY[start : start + 17]

    return event_stream(chunks())


async def _numbers(count: int | None, *, every_ms: int, name: str) -> AsyncIterator[str]:
    number = 0
    while count is None or number < count:
        # Also without a pause: a reader that is fast enough would keep the loop for itself.
        await asyncio.sleep(every_ms / 1000 if number else 0)
        number += 1
        head = f"event: {name}\n" if name else ""
        yield f"id: {number}\n{head}data: {json.dumps({'n': number})}\n\n"


def _name_of(request: Request) -> str:
    return request.query_params.get("event", "").replace("\r", "").replace("\n", "")
