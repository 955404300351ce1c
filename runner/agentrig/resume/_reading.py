"""The journal of one attempt, checked record by record: nothing in it is trusted before."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from agentrig.errors import ReportError
from agentrig.events import (
    Event,
    ExecutionFinished,
    Outcome,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    TroubleFound,
)

__all__ = ["Reading", "moment_of"]

_EXIT_CODES = range(6)


class Reading:
    """What a journal tells as far as it was read: its own records, and those of before it has kept.

    `outcomes` are those of the scenarios that ended, `begun` those that only began, and `kept` says
    in which earlier attempt those have ended that did not end in its own, `attempt`.
    """

    def __init__(self, name: str, *, run: str, shard: int) -> None:
        """Read the journal of a shard of a run; `name` says where it is, for messages."""
        self.name = name
        self.attempt = 0
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.outcomes: dict[str, Outcome] = {}
        self.kept: dict[str, int] = {}
        self.begun: dict[str, None] = {}
        self.executions: Counter[tuple[int, str]] = Counter()
        self.records = 0
        self.size = 0
        """How many of the records are of its own attempt."""
        self._of = (run, shard)
        self._planned: set[str] = set()
        self._last_kept = (0, -1)
        self._times: list[tuple[dt.datetime, str]] = []

    @property
    def begin(self) -> str:
        """The earliest time of a record."""
        return self._times[0][1]

    @property
    def end(self) -> str:
        """The latest time of a record."""
        return self._times[-1][1]

    def take(self, record: Record) -> None:
        """Take the next record. Raises ReportError for one that cannot follow, and is left out."""
        if (record.run, record.shard) != self._of:
            run, shard = self._of
            raise ReportError(
                f"{self.name}: its journal is of run '{record.run}', shard {record.shard}, "
                f"and not of run '{run}', shard {shard}"
            )
        moment = moment_of(record.time, self.name)
        event = record.event
        if self.started is None:
            if not isinstance(event, RunStarted):
                raise ReportError(f"{self.name}: its journal does not begin with the run")
            _check_start(event, self.name)
            self.attempt = record.attempt
        is_kept = record.attempt != self.attempt
        self._check_place(record, is_kept=is_kept)
        self._check_event(event, is_kept=is_kept)
        # The clock of a node may be set back, and an earlier attempt was told by another one.
        times = [*self._times, (moment, record.time)]
        self._times = [min(times), max(times)]
        self._take_event(event, record.attempt)
        self.records += 1
        self.size += not is_kept

    def _check_place(self, record: Record, *, is_kept: bool) -> None:
        place = (record.attempt, record.seq)
        follows = (
            self._last_kept < place < (self.attempt, 0) if is_kept else record.seq == self.size
        )
        if self.finished or not follows:
            raise ReportError(f"{self.name}: its journal is not in order at record {self.size}")
        if is_kept:
            self._last_kept = place

    def _check_event(self, event: Event, *, is_kept: bool) -> None:
        scenario: str | None = getattr(event, "scenario", None)
        begins_again = isinstance(event, RunStarted) and self.started is not None
        of_the_run = is_kept and scenario is None
        if begins_again or of_the_run or isinstance(event, TroubleFound):
            raise ReportError(f"{self.name}: its journal holds what no runner writes: {event.kind}")
        if scenario is not None and scenario not in self._planned:
            raise ReportError(
                f"{self.name}: its journal tells of '{scenario}', which it has not planned"
            )
        if isinstance(event, RunFinished) and event.exit_code not in _EXIT_CODES:
            raise ReportError(f"{self.name}: no run ends with exit code {event.exit_code}")

    def _take_event(self, event: Event, attempt: int) -> None:
        match event:
            case RunStarted():
                self.started = event
                self._planned = {one.id for one in event.planned}
            case ScenarioStarted():
                self.begun[event.scenario] = None
            case ExecutionFinished():
                self.executions[attempt, event.scenario] += 1
            case ScenarioFinished():
                self.outcomes[event.scenario] = event.outcome
                self.begun.pop(event.scenario, None)
                self.kept.pop(event.scenario, None)
                if attempt != self.attempt:
                    self.kept[event.scenario] = attempt
            case RunFinished():
                self.finished = event


def moment_of(text: str, name: str) -> dt.datetime:
    """Read the time of a record of the journal `name`. Raises ReportError for what is none."""
    try:
        moment: dt.datetime | None = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise ReportError(f"{name}: its journal has a record of no time: '{text}'")
    return moment


def _check_start(event: RunStarted, name: str) -> None:
    ids = {one.id for one in event.planned}
    places = set(event.places)
    total = len(ids) if event.total is None else event.total
    right = not event.places or (
        len(places) == len(event.places) == len(ids) and places <= set(range(total))
    )
    if len(ids) != len(event.planned) or not right:
        raise ReportError(f"{name}: the plan in its journal contradicts itself")
