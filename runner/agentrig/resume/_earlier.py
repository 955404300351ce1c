"""The journal of an earlier attempt, as far as it can be relied on.

Its runner may have been killed in the middle of a line, or before its last lines were stored: so
it is read up to the first thing that is wrong, and what stands before holds.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import ExecutionFinished, Record, RunFinished, RunStarted, ScenarioFinished
from agentrig.reporters import read_journal
from agentrig.resume._verdict import VERDICTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    finished: RunFinished | None
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
    reading = _Reading(earlier, run=run, shard=shard)
    try:
        for record in read_journal(earlier.journal, name=earlier.name):
            reading.take(record)
    except ReportError as error:
        reading.problem = str(error)
    return Found(
        earlier=earlier,
        started=reading.started,
        finished=reading.finished,
        verdicts=reading.verdicts,
        size=reading.size,
        problem=reading.problem,
    )


class _Reading:
    def __init__(self, earlier: Earlier, *, run: str, shard: int) -> None:
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.verdicts: dict[str, Verdict] = {}
        self.size = 0
        self.problem: str | None = None
        self._earlier = earlier
        self._of = (run, shard)
        self._planned: set[str] = set()
        self._own = 0
        self._executions: Counter[tuple[int, str]] = Counter()

    def take(self, record: Record) -> None:
        """Take the next record. Raises ReportError for one that cannot follow."""
        name, attempt = self._earlier.name, self._earlier.attempt
        if (record.run, record.shard) != self._of:
            raise ReportError(f"{name}: its journal is of run '{record.run}', shard {record.shard}")
        is_own = record.attempt == attempt
        event = record.event
        if is_own and record.seq != self._own:
            raise ReportError(f"{name}: its journal has a hole before record {record.seq}")
        if (self.started is None) is not isinstance(event, RunStarted):
            raise ReportError(f"{name}: its journal does not begin with the run, or does so twice")
        scenario = getattr(event, "scenario", None)
        if not is_own and (record.attempt > attempt or scenario is None):
            raise ReportError(f"{name}: its journal has a record of attempt {record.attempt}")
        if scenario is not None and scenario not in self._planned:
            raise ReportError(
                f"{name}: its journal tells of '{scenario}', which it has not planned"
            )
        match event:
            case RunStarted():
                self.started = event
                self._planned = {one.id for one in event.planned}
            case ExecutionFinished():
                self._executions[record.attempt, event.scenario] += 1
            case ScenarioFinished() if event.outcome in VERDICTS:
                self._take_verdict(record.attempt, event)
            case RunFinished():
                self.finished = event
        self.size += 1
        self._own += is_own

    def _take_verdict(self, attempt: int, event: ScenarioFinished) -> None:
        before = self.verdicts.get(event.scenario)
        if before is None or before.attempt <= attempt:
            self.verdicts[event.scenario] = Verdict(
                attempt=attempt,
                outcome=event.outcome,
                executions=self._executions[attempt, event.scenario],
            )
