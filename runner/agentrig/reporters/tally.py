"""Where a run stands: the fold of its events that every other report begins with."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import (
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
)

if TYPE_CHECKING:
    from agentrig.events import Record

__all__ = ["Execution", "Tally"]


class Execution(Struct, frozen=True, kw_only=True):
    """An execution that was not the last one; `step` is the one that did not pass, if any."""

    finished: ExecutionFinished
    step: StepFinished | None


class Tally:
    """Counts what was planned against what came of it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.run = ""
        self.shard = 0
        self.begin = ""
        self.end = ""
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.planned: dict[str, Planned] = {}
        self.results: dict[str, ScenarioFinished] = {}
        self.started_at: dict[str, str] = {}
        self.steps: Counter[str] = Counter()
        self.bad_steps: dict[str, StepFinished] = {}
        self.executions: defaultdict[str, list[Execution]] = defaultdict(list)
        self.metrics: defaultdict[str, list[MetricRecorded]] = defaultdict(list)
        self.limits: list[LimitChecked] = []

    def receive(self, record: Record) -> None:
        """Take the next record."""
        self.run = record.run
        self.shard = record.shard
        self.begin = self.begin or record.time
        self.end = record.time
        match record.event:
            case RunStarted() as event:
                self.started = event
                self.planned = {planned.id: planned for planned in event.planned}
            case ScenarioStarted() as event:
                self.started_at[event.scenario] = record.time
            case StepFinished() as event:
                self.steps[event.scenario] += 1
                bad = event.outcome not in {Outcome.PASSED, Outcome.SKIPPED}
                if bad and not self._is_python(event.scenario):
                    # What fails after it, as in the teardown, may well fail of it.
                    self.bad_steps.setdefault(event.scenario, event)
            case ExecutionFinished() as event:
                step = self.bad_steps.pop(event.scenario, None)
                self.executions[event.scenario].append(Execution(finished=event, step=step))
            case MetricRecorded() as event:
                self.metrics[event.scenario].append(event)
            case ScenarioFinished() as event:
                self.results[event.scenario] = event
            case LimitChecked() as event:
                self.limits.append(event)
            case RunFinished() as event:
                self.finished = event

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
        found = Counter(result.outcome for result in self.results.values())
        found[Outcome.NOT_RUN] += len(self.missing)
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
        return [scenario for scenario, result in self.results.items() if result.flaky]

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
        order = (
            Outcome.FAILED,
            Outcome.ERROR,
            Outcome.INTERRUPTED,
            Outcome.NOT_RUN,
            Outcome.SKIPPED,
            Outcome.PASSED,
        )
        words = {Outcome.NOT_RUN: "not run", Outcome.ERROR: "with infrastructure errors"}
        counts = self.counts
        parts = [f"{counts[o]} {words.get(o, o.value)}" for o in order if counts.get(o)]
        if self.flaky and counts.get(Outcome.PASSED):
            parts[-1] += f" ({len(self.flaky)} flaky)"
        return ", ".join(parts) or "nothing run"
