"""Where a run stands: the fold of its events that every other report begins with."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from agentrig.events import (
    ArtifactSaved,
    ExecutionFinished,
    Language,
    LimitChecked,
    MetricRecorded,
    Outcome,
    Planned,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
    TroubleFound,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from agentrig.events import Event, Record

__all__ = ["Execution", "Part", "Tally", "TallyReport"]

# Of a scenario that was run by two shards, against the plan, the worse outcome counts.
_WORST_FIRST = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.INTERRUPTED,
    Outcome.NOT_RUN,
    Outcome.SKIPPED,
    Outcome.PASSED,
)

_NOT_BAD = frozenset({Outcome.PASSED, Outcome.SKIPPED})
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR})


class Execution(Struct, frozen=True, kw_only=True):
    """An execution that was not the last one; `step` is the one that did not pass, if any."""

    finished: ExecutionFinished
    step: StepFinished | None


class Part(Struct, kw_only=True):
    """One shard of a merged run; `finished` is None if its journal has no end."""

    attempt: int
    started: RunStarted
    finished: RunFinished | None = None

    @property
    def exit_code(self) -> int:
        """What the shard ended with; 3 if it was killed."""
        return self.finished.exit_code if self.finished else 3


class Tally:
    """Counts what was planned against what came of it.

    In a merged run, records of shard 0 tell of the whole, and begin with its plan; those of the
    shards, each with a beginning and an end of its own, stand between them. Records that a shard
    has kept of its earlier attempts stand among its own, and count like them.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.run = ""
        self.shard = 0
        self.attempt = 0
        self.begin = ""
        self.end = ""
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.planned: dict[str, Planned] = {}
        self.results: dict[str, ScenarioFinished] = {}
        self.bad: dict[str, ScenarioFinished] = {}
        """Those of the results that failed, or have no verdict because of the infrastructure."""
        self.kept: dict[str, int] = {}
        """Which scenarios earlier attempts have finished, and which one each."""
        self.started_at: dict[str, str] = {}
        self.bad_steps: dict[str, StepFinished] = {}
        self.executions: defaultdict[str, list[Execution]] = defaultdict(list)
        self.metrics: defaultdict[str, list[MetricRecorded]] = defaultdict(list)
        self.artifacts: defaultdict[str, list[ArtifactSaved]] = defaultdict(list)
        self.shard_of: dict[str, int] = {}
        """Which shard a scenario ended in, in a merged run."""
        self.limits: list[LimitChecked] = []
        self.troubles: list[TroubleFound] = []
        self.parts: dict[int, Part] = {}
        # A report may ask for them after every scenario: to look through all results each time took
        # 5 s of a run of 5,000.
        self._outcomes: Counter[Outcome] = Counter()
        self._flaky: dict[str, None] = {}
        self._missing = 0

    def receive(self, record: Record) -> None:
        """Take the next record."""
        self.run = record.run
        self.begin = self.begin or record.time
        # A clock may be set back, and records of an earlier attempt are older than the beginning.
        self.end = max(self.end, record.time)
        if record.shard == self.shard or not self.is_of_part(record):
            self.shard = record.shard
        elif self._receive_part(record):
            return
        if not isinstance(record.event, StepStarted):
            self._fold(record)

    def _fold(self, record: Record) -> None:
        match record.event:
            # Most events are of steps; asking for the other kinds before takes its time.
            case StepFinished() as event:
                bad = event.outcome not in _NOT_BAD
                if bad and not self._is_python(event.scenario):
                    # What fails after it, as in the teardown, may well fail of it.
                    self.bad_steps.setdefault(event.scenario, event)
            case ScenarioStarted() as event:
                self.started_at[event.scenario] = record.time
            case ExecutionFinished() as event:
                step = self.bad_steps.pop(event.scenario, None)
                self.executions[event.scenario].append(Execution(finished=event, step=step))
            case MetricRecorded() as event:
                self.metrics[event.scenario].append(event)
            case ArtifactSaved() as event:
                self.artifacts[event.scenario].append(event)
            case ScenarioFinished() as event:
                before = self.results.get(event.scenario)
                if before is None or not self.parts or _is_worse(event, before):
                    self._take_result(event, before)
                if self.is_kept(record):
                    self.kept[event.scenario] = record.attempt
            case event:
                self._receive_whole(event, record.attempt)

    def _take_result(self, event: ScenarioFinished, before: ScenarioFinished | None) -> None:
        self.results[event.scenario] = event
        self._outcomes[event.outcome] += 1
        if before is not None:
            self._outcomes[before.outcome] -= 1
            self.bad.pop(event.scenario, None)
            self._flaky.pop(event.scenario, None)
        elif event.scenario in self.planned:
            self._missing -= 1
        if event.outcome in _BAD:
            self.bad[event.scenario] = event
        if event.flaky:
            self._flaky[event.scenario] = None

    def _receive_whole(self, event: Event, attempt: int) -> None:
        match event:
            case RunStarted():
                self.started = event
                self.attempt = attempt
                self.planned = {planned.id: planned for planned in event.planned}
                self._missing = len(self.missing)
            case LimitChecked():
                self.limits.append(event)
            case TroubleFound():
                self.troubles.append(event)
            case RunFinished():
                self.finished = event

    def is_of_part(self, record: Record) -> bool:
        """Say whether a record is of one shard of a merged run, and not of the whole."""
        return record.shard > 0 and self.started is not None and self.shard == 0

    def is_kept(self, record: Record) -> bool:
        """Say whether a record was made by an earlier attempt than that which it stands in."""
        part = self.parts.get(record.shard) if self.shard != record.shard else None
        return record.attempt != (part.attempt if part else self.attempt)

    def _receive_part(self, record: Record) -> bool:
        """Take what a shard says of itself; what it says of scenarios is for all."""
        match record.event:
            case RunStarted() as event:
                self.parts[record.shard] = Part(attempt=record.attempt, started=event)
            case RunFinished() as event:
                if record.shard in self.parts:
                    self.parts[record.shard].finished = event
            case LimitChecked() as event:
                # Each shard has measured for itself: percentiles of all cannot be made of theirs.
                name = f"{event.name} of shard {record.shard}"
                self.limits.append(replace(event, name=name))
            case ScenarioFinished() as event:
                self.shard_of[event.scenario] = record.shard
                return False
            case _:
                return False
        return True

    def close(self) -> None:
        """Do nothing: a tally is only ever looked at."""

    def _is_python(self, scenario: str) -> bool:
        # A test may expect that a step fails; where it fails of it, its own words say so.
        planned = self.planned.get(scenario)
        return planned is not None and planned.language is Language.PYTHON

    @property
    def missing(self) -> list[str]:
        """The scenarios that were planned and of which nothing came, in the plan's order."""
        return [scenario for scenario in self.planned if scenario not in self.results]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many scenarios ended how, by outcome; those without a result count as not run."""
        found = self._outcomes + Counter({Outcome.NOT_RUN: self._missing})
        return {outcome: found[outcome] for outcome in Outcome if found[outcome]}

    def bad_step(self, scenario: str) -> StepFinished | None:
        """Give the step at which a scenario, or its first bad iteration, did not pass."""
        result = self.results.get(scenario)
        if result and result.iterations and self.executions[scenario]:
            return self.executions[scenario][0].step
        return self.bad_steps.get(scenario)

    @property
    def flaky(self) -> list[str]:
        """The scenarios that passed when they were executed again."""
        return list(self._flaky)

    @property
    def missed(self) -> list[LimitChecked]:
        """The limits of the run that it did not keep."""
        return [limit for limit in self.limits if limit.outcome is Outcome.FAILED]

    @property
    def exit_code(self) -> int:
        """The run's exit code.

        A failed test outranks broken infrastructure: its verdict holds, whatever else broke. A
        run that was killed, so without its last event, is trouble of the infrastructure.
        """
        if self.finished:
            return self.finished.exit_code
        if self.counts.get(Outcome.FAILED):
            return 1
        return 3

    def verdict(
        self, *, interrupted: bool = False, broken: bool = False, fail_on_flaky: bool = False
    ) -> int:
        """Decide the exit code of a run that ends now; `broken` is trouble outside of scenarios.

        A scenario without a verdict keeps a run from passing, whatever ended the run early.
        """
        counts = self.counts
        if interrupted:
            return 2
        if counts.get(Outcome.FAILED) or self.missed or (fail_on_flaky and self.flaky):
            return 1
        if broken or counts.get(Outcome.ERROR):
            return 3
        if counts.get(Outcome.INTERRUPTED) or counts.get(Outcome.NOT_RUN):
            return 2
        return 0 if self.planned else 5

    def sentence(self) -> str:
        """Say the counts in words: `1 failed, 11 passed`."""
        words = {Outcome.NOT_RUN: "not run", Outcome.ERROR: "with infrastructure errors"}
        counts = self.counts
        parts = [f"{counts[o]} {words.get(o, o.value)}" for o in _WORST_FIRST if counts.get(o)]
        if self.flaky and counts.get(Outcome.PASSED):
            parts[-1] += f" ({len(self.flaky)} flaky)"
        return ", ".join(parts) or "nothing run"


class TallyReport:
    """A report that is made of a tally when the run is over.

    Several share one: each of its own would hold all scenarios of a run once more. Whoever gives
    a `tally` lets it receive the records itself; the last one comes from here as well, because the
    exit code may change between the ends of two reports.
    """

    reads_steps: ClassVar[bool] = False
    """Whether the report is made of single steps as well, and not of the tally alone."""

    def __init__(self, tally: Tally | None = None) -> None:
        """Report on `tally`, or on one that is kept here."""
        self.tally = tally or Tally()
        self._is_own = tally is None

    @property
    def ignores(self) -> Collection[type[Event]]:
        """The events that it need not receive: those of steps, which are nearly all."""
        return () if self._is_own or self.reads_steps else (StepStarted, StepFinished)

    def receive(self, record: Record) -> None:
        """Take the next record."""
        if self._is_own or isinstance(record.event, RunFinished):
            self.tally.receive(record)


def _is_worse(one: ScenarioFinished, other: ScenarioFinished) -> bool:
    return _WORST_FIRST.index(one.outcome) < _WORST_FIRST.index(other.outcome)
