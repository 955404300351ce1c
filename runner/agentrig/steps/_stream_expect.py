"""What a step expects of a stream of events, and the checks that follow from it."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from pydantic import Field

from agentrig.checks import Check, check_output
from agentrig.events import CheckResult, Outcome
from agentrig.steps._event_match import EventMatch, event_output
from agentrig.steps._expect import HttpExpect

if TYPE_CHECKING:
    from agentrig.documents import Location
    from agentrig.steps._context import StepContext

__all__ = ["StreamExpect", "check_events"]

# Of a long stream, its shape is enough: the last events are in the exchange.
_SHOWN_RUNS = 12
# Judging thousands of events must not hold up the other scenarios.
_BREATH = 200


class StreamExpect(HttpExpect):
    """What the stream must be; `jq` and `checks` are about `{events, count, ...}`."""

    each_event: list[Check] = Field(
        default=[],
        description="Checks on every event, `{event, data, id}`; there must be one at least.",
    )
    sequence: list[EventMatch] = Field(
        default=[],
        description="Events in this order; others may stand between them. A text is an event's "
        "name, or its whole data; anything else a check on the event.",
    )
    exact: list[EventMatch] | None = Field(
        default=None, description="All events, in this order: no more and no others."
    )
    never: list[EventMatch] = Field(default=[], description="Events that must not come.")


async def check_events(
    expect: StreamExpect, events: list[dict[str, Any]], context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check the events of a stream; the last result is the failed one, if one failed."""
    judge = _Judge(events, context, title)
    results: list[CheckResult] = []
    for check in (
        judge.each(expect.each_event),
        judge.sequence(expect.sequence),
        judge.exact(expect.exact),
        judge.never(expect.never),
    ):
        if results and results[-1].outcome is Outcome.FAILED:
            check.close()
            continue
        results += await check
    return tuple(results)


class _Judge:
    def __init__(self, events: list[dict[str, Any]], context: StepContext, title: str) -> None:
        self._events = events
        self._context = context
        self._title = title
        self._judged = 0

    async def each(self, checks: list[Check]) -> tuple[CheckResult, ...]:
        within = ("expect", "each_event")
        if not checks:
            return ()
        if not self._events:
            return (self._failed("each event", within, "there is no event to check"),)
        results: tuple[CheckResult, ...] = ()
        for number, event in enumerate(self._events, 1):
            await self._breathe()
            results = await check_output(
                checks,
                event_output(event),
                self._context.names,
                title=self._title,
                locate=self._context.locate,
                within=within,
            )
            if results[-1].outcome is Outcome.FAILED:
                which = f"[{self._title}] event {number} of {len(self._events)}: "
                message = (results[-1].message or "").replace(f"[{self._title}] ", which, 1)
                results = (*results[:-1], replace(results[-1], message=message))
                break
        return tuple(replace(one, check=f"each event: {one.check}") for one in results)

    async def sequence(self, wanted: list[EventMatch]) -> tuple[CheckResult, ...]:
        start = 0
        for index, match in enumerate(wanted):
            found = await self._find(match, start)
            if found is None:
                after = f" after {wanted[index - 1]}, event {start}" if index else ""
                problem = f"no event {match}{after}: there came {self._shape()}"
                return (self._failed("sequence", ("expect", "sequence", index), problem),)
            start = found + 1
        return _passed("sequence") if wanted else ()

    async def exact(self, wanted: list[EventMatch] | None) -> tuple[CheckResult, ...]:
        if wanted is None:
            return ()
        for index, match in enumerate(wanted):
            at = ("expect", "exact", index)
            if index >= len(self._events):
                problem = f"the stream ended before {match}, event {index + 1}: {self._shape()}"
                return (self._failed("exact", at, problem),)
            if not await match.holds(self._events[index], self._context.names):
                problem = f"event {index + 1} is not {match}: there came {self._shape()}"
                return (self._failed("exact", at, problem),)
        if len(self._events) > len(wanted):
            problem = f"{len(wanted)} events were expected, there came {self._shape()}"
            return (self._failed("exact", ("expect", "exact"), problem),)
        return _passed("exact")

    async def never(self, unwanted: list[EventMatch]) -> tuple[CheckResult, ...]:
        for index, match in enumerate(unwanted):
            found = await self._find(match, 0)
            if found is not None:
                problem = f"event {found + 1} must not come: {match}"
                return (self._failed("never", ("expect", "never", index), problem),)
        return _passed("never") if unwanted else ()

    async def _find(self, match: EventMatch, start: int) -> int | None:
        for index in range(start, len(self._events)):
            await self._breathe()
            if await match.holds(self._events[index], self._context.names):
                return index
        return None

    async def _breathe(self) -> None:
        self._judged += 1
        if self._judged % _BREATH == 0:
            await asyncio.sleep(0)

    def _shape(self) -> str:
        """Write the names of the events that came: `start, token x17, done`."""
        runs = [
            (name, len(list(run))) for name, run in groupby(one["event"] for one in self._events)
        ]
        shown = [f"{name} x{count}" if count > 1 else name for name, count in runs]
        if len(shown) > _SHOWN_RUNS:
            half = _SHOWN_RUNS // 2
            shown = [*shown[:half], "…", *shown[-half:]]
        return ", ".join(shown) or "none"

    def _failed(self, check: str, location: Location, problem: str) -> CheckResult:
        return CheckResult(
            check=check,
            outcome=Outcome.FAILED,
            message=f"[{self._title}] {problem}",
            at=self._context.locate(location),
        )


def _passed(check: str) -> tuple[CheckResult, ...]:
    return (CheckResult(check=check, outcome=Outcome.PASSED),)
