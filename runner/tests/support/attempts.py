"""Journals of the attempts at one shard, made by hand from what came of each scenario."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from agentrig.events import (
    Event,
    ExecutionFinished,
    Outcome,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
)
from agentrig.reporters.journal import encode
from agentrig.resume import Earlier, Kept, keep, read_earlier
from agentrig.stream import EventStream
from tests.support.records import BEGIN, planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["RUN", "Journal", "attempt_at", "earlier", "kept_of", "plan_of", "told_by"]

RUN = "qa-7"


class Journal:
    """A reporter that keeps the journal in memory."""

    def __init__(self) -> None:
        self.content = b""

    def receive(self, record: Record) -> None:
        self.content += encode(record)

    def close(self) -> None:
        pass


def plan_of(names: Iterable[str], **more: object) -> RunStarted:
    fields: dict[str, object] = {
        "agentrig_version": "1.2.3",
        "python_version": "3.11.0",
        "via": "cluster",
        "namespace": "demo",
        "planned": tuple(planned(name) for name in names),
        **more,
    }
    return RunStarted(**fields)  # type: ignore[arg-type]  # each has its own type


def told_by(outcomes: Mapping[str, Outcome], *, executions: int = 0) -> list[Event]:
    """Give what is told of scenarios that end so; those not run say no more than that."""
    events: list[Event] = []
    for name, outcome in outcomes.items():
        if outcome is not Outcome.NOT_RUN:
            events.append(ScenarioStarted(scenario=name))
            events += [
                ExecutionFinished(
                    scenario=name, number=number, outcome=Outcome.FAILED, elapsed_ms=1.0
                )
                for number in range(1, executions + 1)
            ]
            events.append(
                StepFinished(
                    scenario=name, step=0, name="GET /", outcome=Outcome.PASSED, elapsed_ms=7.0
                )
            )
        events.append(ScenarioFinished(scenario=name, outcome=outcome, elapsed_ms=250.0))
    return events


def attempt_at(
    start: RunStarted,
    events: Sequence[Event],
    *,
    attempt: int,
    kept: Kept | None = None,
    run: str = RUN,
    shard: int = 0,
    begin_ms: int | None = None,
) -> bytes:
    """Write the journal of an attempt, whose clock ticks a second per event."""
    begin = int(BEGIN.timestamp()) * 1000 + attempt * 3_600_000 if begin_ms is None else begin_ms
    moments = itertools.count(begin, 1000)
    journal = Journal()
    stream = EventStream(
        run=run, reporters=[journal], shard=shard, attempt=attempt, now_ms=lambda: next(moments)
    )
    stream.publish(start)
    if kept:
        stream.publish(kept.event())
        stream.take(kept.records())
    for event in events:
        stream.publish(event)
    return journal.content


def earlier(attempt: int, journal: bytes) -> Earlier:
    return Earlier(name=f"attempt-{attempt}.jsonl", attempt=attempt, journal=journal)


def kept_of(
    journals: Mapping[int, bytes],
    start: RunStarted,
    *,
    shard: int = 0,
    retry_failed: int = 0,
    again: str | None = None,
) -> Kept:
    """Let a new attempt decide what it keeps of others."""
    found = [
        read_earlier(earlier(attempt, journal), run=RUN, shard=shard)
        for attempt, journal in sorted(journals.items())
    ]
    return keep(found, started=start, retry_failed=retry_failed, again=again)


def finished(code: int = 0) -> RunFinished:
    return RunFinished(exit_code=code, elapsed_ms=1000.0)
