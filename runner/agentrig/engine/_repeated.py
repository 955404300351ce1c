"""A scenario that is executed again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.engine._counts import BAD, Counts
from agentrig.engine._course import Course
from agentrig.events import Outcome, StepFinished, StepStarted

if TYPE_CHECKING:
    from agentrig.engine._plan import PlannedScenario
    from agentrig.engine._scenario_run import ScenarioResult
    from agentrig.engine._schedule import Schedule
    from agentrig.engine._step_run import EventT, Publish

__all__ = ["RepeatedCourse"]


class RepeatedCourse(Course):
    """A scenario that is executed again and again; it remembers no more than the first failure."""

    def __init__(
        self,
        planned: PlannedScenario,
        schedule: Schedule,
        *,
        publish: Publish,
        counts: Counts,
        deadline: float | None,
    ) -> None:
        """Repeat until `deadline`, in seconds of the engine's clock, or as `schedule` says."""
        super().__init__(planned, schedule, publish=publish, counts=counts)
        self._deadline = deadline
        self._own = Counts(measure=True)
        self._bad_steps: list[StepFinished] = []
        self._elapsed_ms = 0.0
        self._first_bad: tuple[int, ScenarioResult] | None = None

    def is_over(self, now: float) -> bool:
        """Tell whether the time is over; each scenario is executed once in any case."""
        return self.executions > 0 and self._deadline is not None and now >= self._deadline

    def receive(self, event: EventT) -> EventT:
        """Take an event; those of steps are told of the first failure alone."""
        if isinstance(event, StepFinished):
            self._measure(event)
            if event.outcome in BAD and self._first_bad is None:
                self._bad_steps.append(event)
            return event
        return event if isinstance(event, StepStarted) else super().receive(event)

    def ended(self, result: ScenarioResult | None, *, now: float, stopping: bool) -> bool:
        """Take the end of an iteration; tell whether there is another."""
        result = self._judged(result)
        if result is None or result.finished.outcome is Outcome.INTERRUPTED:
            self._cut_short(result)
            return False
        finished = result.finished
        self.executions += 1
        self._elapsed_ms += finished.elapsed_ms
        self._counts.add(finished.outcome)
        self._own.add(finished.outcome)
        if finished.outcome in BAD and self._first_bad is None:
            told = [self._publish(step) for step in self._bad_steps]
            self._first_bad = self.executions, replace(result, step=told[0] if told else None)
            self.failed = True
            self._tell_execution(finished)
        self._bad_steps.clear()
        self._last = replace(result, step=None)
        if stopping or (self._schedule.repeat or self.executions + 1) <= self.executions:
            return False
        return not self.is_over(now)

    def finish(self, *, reason: str | None = None, tolerated: bool = False) -> ScenarioResult:
        """Sum the iterations up; those that failed are `tolerated` if any has passed."""
        if self._last is None or self.executions == 0:
            return super().finish(reason=reason)
        result = self._first_bad[1] if self._first_bad else self._last
        message = result.finished.message
        outcome = self._outcome()
        if outcome in BAD:
            number = self._first_bad[0] if self._first_bad else 0
            share = f"{self._own.bad} of {self._own.total} iterations did not pass"
            if tolerated and self._own.outcomes[Outcome.PASSED]:
                outcome = Outcome.PASSED
                message = f"{share}, within error_rate {self._schedule.error_rate:g}"
            else:
                message = f"{share}, the first was number {number}: {message}"
        finished = replace(
            result.finished,
            outcome=outcome,
            message=message,
            details=result.finished.details if outcome in BAD else None,
            elapsed_ms=round(self._elapsed_ms, 3),
            iterations=self._own.read(),
        )
        return replace(result, finished=self._publish(finished))

    def _outcome(self) -> Outcome:
        order = (Outcome.FAILED, Outcome.ERROR, Outcome.PASSED)
        return next((one for one in order if self._own.outcomes[one]), Outcome.SKIPPED)

    def _measure(self, event: StepFinished) -> None:
        super()._measure(event)
        if event.outcome in {Outcome.PASSED, Outcome.FAILED}:
            self._own.add_step(event.elapsed_ms)
