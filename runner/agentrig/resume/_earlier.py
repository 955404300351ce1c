"""The journal of an earlier attempt, as far as it can be relied on.

Its runner may have been killed in the middle of a line, or before its last lines were stored: so
it is read up to the first thing that is wrong, and what stands before holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.reporters import read_journal
from agentrig.resume._reading import Reading
from agentrig.resume._verdict import VERDICTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.events import Record, RunStarted

__all__ = ["Earlier", "Found", "read_earlier"]


class Earlier(Struct, frozen=True, kw_only=True):
    """What an attempt left behind; `name` says where, for messages."""

    name: str
    attempt: int
    journal: bytes


class Found(Struct, frozen=True, kw_only=True):
    """What an earlier attempt tells: `verdicts` by scenario, of its own and of those before it.

    `started` is None where nothing can be read. `size` counts the records that hold, and
    `problem` says what is wrong with the next one, if that is more than the cut of a kill.
    """

    earlier: Earlier
    started: RunStarted | None
    verdicts: Mapping[str, Verdict]
    size: int
    problem: str | None

    def records(self, chosen: Mapping[str, int]) -> Iterator[Record]:
        """Give the records of scenarios again that were run in the attempt that `chosen` names."""
        records = read_journal(self.earlier.journal, name=self.earlier.name)
        for _, record in zip(range(self.size), records, strict=False):
            scenario = getattr(record.event, "scenario", None)
            if scenario is not None and chosen.get(scenario) == record.attempt:
                yield record


def read_earlier(earlier: Earlier, *, run: str, shard: int) -> Found:
    """Read what an attempt at a shard of a run left behind."""
    reading = Reading(earlier.name, run=run, shard=shard)
    problem: str | None = None
    try:
        for record in read_journal(earlier.journal, name=earlier.name):
            reading.take(record)
    except ReportError as error:
        problem = str(error)
    if reading.started and reading.attempt != earlier.attempt:
        problem = f"{earlier.name}: its journal is of attempt {reading.attempt}"
        reading = Reading(earlier.name, run=run, shard=shard)
    return Found(
        earlier=earlier,
        started=reading.started,
        verdicts=dict(_verdicts(reading)),
        size=reading.records,
        problem=problem,
    )


def _verdicts(reading: Reading) -> Iterator[tuple[str, Verdict]]:
    for scenario, outcome in reading.outcomes.items():
        if outcome in VERDICTS:
            attempt = reading.kept.get(scenario, reading.attempt)
            executions = reading.executions[attempt, scenario]
            yield scenario, Verdict(attempt=attempt, outcome=outcome, executions=executions)
