"""One scenario, step by step, from its first event to its last."""

from __future__ import annotations

import asyncio
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentrig.errors import InfraError, UsageError
from agentrig.events import (
    Outcome,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from agentrig.steps import StepContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.engine._plan import PlannedScenario
    from agentrig.events import Event
    from agentrig.scenario import Step
    from agentrig.steps import Clients, StepKinds
    from agentrig.targets import Resolver, Target

__all__ = ["ScenarioResult", "ScenarioRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """How a scenario ended; `step` is the one that did not pass, if any.

    `started_at` is in seconds since the epoch, 0 for a scenario that was never begun.
    """

    finished: ScenarioFinished
    started_at: float = 0.0
    step: StepFinished | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRun:
    """What the scenarios of a run share."""

    publish: Callable[[Event], None]
    resolver: Resolver
    clients: Clients
    kinds: StepKinds

    async def execute(self, planned: PlannedScenario) -> ScenarioResult:
        """Run a scenario to its end, and publish all that happens. Raises only when cancelled."""
        begin, started_at = time.perf_counter(), time.time()
        self.publish(ScenarioStarted(scenario=planned.id))
        step: StepFinished | None = None
        outcome, message, details = Outcome.INTERRUPTED, None, None
        try:
            step = await self._steps(planned)
            outcome = step.outcome if step else Outcome.PASSED
            message = step.message if step else None
        except BaseException as error:  # the border of the steps' layer
            # A panic of compiled code and a library's own CancelledError come this way as well;
            # uncaught, they would end the run for all scenarios.
            if _is_interrupt(error):
                raise
            outcome, message = Outcome.ERROR, f"runner error: {type(error).__name__}: {error}"
            details = traceback.format_exc()
        finally:
            finished = ScenarioFinished(
                scenario=planned.id,
                outcome=outcome,
                elapsed_ms=_ms_since(begin),
                message=message,
                details=details,
            )
            self.publish(finished)
        return ScenarioResult(finished=finished, started_at=started_at, step=step)

    async def _steps(self, planned: PlannedScenario) -> StepFinished | None:
        """Run the steps in order; give the one that did not pass."""
        for index, step in enumerate(planned.scenario.steps):
            self.publish(
                StepStarted(scenario=planned.id, step=index, name=step.title(), step_kind=step.kind)
            )
            finished = await self._step(planned, index, step)
            self.publish(finished)
            if finished.outcome is not Outcome.PASSED:
                return finished
        return None

    async def _step(self, planned: PlannedScenario, index: int, step: Step) -> StepFinished:
        async def find_target(endpoint: str) -> Target:
            target = self.resolver.resolve(endpoint, planned.scenario)
            if self.resolver.needs_opening(target):
                # Opening a tunnel blocks.
                return await asyncio.to_thread(self.resolver.open, target)
            return target

        context = StepContext(
            scenario=planned.scenario,
            location=("steps", index),
            clients=self.clients,
            find_target=find_target,
        )
        begin = time.perf_counter()
        try:
            result = await self.kinds.kind_of(step).execute(step, context)
        except (InfraError, UsageError) as error:
            return StepFinished(
                scenario=planned.id,
                step=index,
                name=step.title(),
                outcome=Outcome.ERROR,
                elapsed_ms=_ms_since(begin),
                message=f"[{step.title()}] {error}",
            )
        failed = next((check for check in result.checks if check.outcome is Outcome.FAILED), None)
        return StepFinished(
            scenario=planned.id,
            step=index,
            name=step.title(),
            outcome=Outcome.FAILED if failed else Outcome.PASSED,
            elapsed_ms=_ms_since(begin),
            checks=result.checks,
            exchange=result.exchange if failed else None,
            message=failed.message if failed else None,
        )


def _is_interrupt(error: BaseException) -> bool:
    """Tell the engine's wish to stop from a CancelledError that somebody else raised."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _ms_since(begin: float) -> float:
    return round((time.perf_counter() - begin) * 1000, 3)
