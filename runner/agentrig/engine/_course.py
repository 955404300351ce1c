"""One scenario over all of its executions: what is told of them, and what it came to.

A `ScenarioRun` publishes every execution as if it were the only one. The course stands between it
and the stream, so that there is one `scenario.started` and one `scenario.finished` of a scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.engine._counts import BAD
from agentrig.engine._scenario_run import ScenarioResult
from agentrig.events import (
    ExecutionFinished,
    Outcome,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
)

if TYPE_CHECKING:
    from agentrig.engine._counts import Counts
    from agentrig.engine._plan import PlannedScenario
    from agentrig.engine._schedule import Schedule
    from agentrig.engine._step_run import EventT, Publish
    from agentrig.scenario import Scenario

__all__ = ["Course"]


class Course:
    """A scenario that is executed once, and again as long as it fails and may be retried."""

    def __init__(
        self,
        planned: PlannedScenario,
        schedule: Schedule,
        *,
        publish: Publish,
        counts: Counts,
    ) -> None:
        """Publish through `publish`; `counts` are those of the whole run."""
        self.planned = planned
        self.executions = 0
        self.failed = False
        """Whether it is known that the scenario did not pass."""
        self._schedule = schedule
        self._publish = publish
        self._counts = counts
        self._finished: ScenarioFinished | None = None
        self._last: ScenarioResult | None = None

    @property
    def id(self) -> str:
        """The scenario's identity within the run."""
        return self.planned.id

    @property
    def scenario(self) -> Scenario:
        """The scenario itself."""
        return self.planned.scenario

    def is_over(self, now: float) -> bool:
        """Tell whether it is too late, at `now` of the engine's clock, to execute it again."""
        del now  # of repetitions alone
        return False

    def receive(self, event: EventT) -> EventT:
        """Take an event of the execution that runs; give it as it was recorded, if it was."""
        if isinstance(event, ScenarioFinished):
            self._finished = event
            return event
        if isinstance(event, ScenarioStarted):
            self._finished = None
            if self.executions:
                return event
        if isinstance(event, StepFinished):
            self._measure(event)
        return self._publish(event)

    def ended(self, result: ScenarioResult | None, *, now: float, stopping: bool) -> bool:
        """Take the end of an execution, None if it was cut short; tell whether it runs again."""
        del now
        result = self._judged(result)
        if result is None or result.finished.outcome is Outcome.INTERRUPTED:
            self._cut_short(result)
            return False
        self.executions += 1
        self._counts.add(result.finished.outcome)
        bad = result.finished.outcome in BAD
        retry = (
            bad
            and self.executions <= self._schedule.retry_failed
            and not (self.scenario.xfail and result.finished.outcome is Outcome.FAILED)
            and not stopping
        )
        flaky = self._last is not None and result.finished.outcome is Outcome.PASSED
        if flaky:
            result = replace(result, finished=replace(result.finished, flaky=True))
        self._last = result
        self.failed = bad and not retry
        if retry:
            self._tell_execution(result.finished)
        return retry

    def skip(self) -> None:
        """Take the end of a scenario that is skipped: it is not executed."""
        self._last = self._without_execution(Outcome.SKIPPED, self.scenario.skip)

    def finish(self, *, reason: str | None = None, tolerated: bool = False) -> ScenarioResult:
        """Publish and give what the scenario came to.

        `reason` says why it was not run, or cut short. `tolerated` is of repetitions alone.
        """
        del tolerated
        result = self._last or self._without_execution(Outcome.NOT_RUN, reason)
        if result.finished.outcome is Outcome.INTERRUPTED and reason:
            result = replace(result, finished=replace(result.finished, message=reason))
        return replace(result, finished=self._publish(result.finished))

    def _judged(self, result: ScenarioResult | None) -> ScenarioResult | None:
        """Turn a failure that was expected into no failure, and the other way round."""
        expected = self.scenario.xfail
        if result is None or expected is None:
            return result
        finished = result.finished
        if finished.outcome is Outcome.FAILED:
            message = f"expected to fail: {expected}"
            finished = replace(
                finished, outcome=Outcome.SKIPPED, message=message, details=finished.message
            )
        elif finished.outcome is Outcome.PASSED:
            message = f"expected to fail ({expected}), but passed: take 'xfail' away"
            finished = replace(finished, outcome=Outcome.FAILED, message=message)
        return replace(result, finished=finished)

    def _cut_short(self, result: ScenarioResult | None) -> None:
        # What an earlier execution found still holds.
        if self._last is None:
            self._last = result or self._without_execution(Outcome.INTERRUPTED, None)
            if self._finished:
                self._last = replace(self._last, finished=self._finished)

    def _without_execution(self, outcome: Outcome, message: str | None) -> ScenarioResult:
        finished = ScenarioFinished(
            scenario=self.id, outcome=outcome, elapsed_ms=0.0, message=message
        )
        return ScenarioResult(finished=finished)

    def _tell_execution(self, finished: ScenarioFinished) -> None:
        self._publish(
            ExecutionFinished(
                scenario=self.id,
                number=self.executions,
                outcome=finished.outcome,
                elapsed_ms=finished.elapsed_ms,
                message=finished.message,
                details=finished.details,
            )
        )

    def _measure(self, event: StepFinished) -> None:
        if event.outcome in {Outcome.PASSED, Outcome.FAILED}:
            self._counts.add_step(event.elapsed_ms)
