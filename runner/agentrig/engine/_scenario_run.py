"""One scenario, from its first event to its last: setup, steps, and a teardown that always runs."""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from agentrig.engine._step_run import OnOutput, Publish, StepRun
from agentrig.errors import AgentrigError, ScenarioError, words_of
from agentrig.events import Outcome, Phase, ScenarioFinished, ScenarioStarted, StepFinished
from agentrig.scenario import Names, RenderError, Template
from agentrig.steps import CookieJar
from agentrig.targets import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agentrig._secrets import Secrets
    from agentrig.engine._plan import PlannedScenario
    from agentrig.kubernetes import KubernetesSettings
    from agentrig.scenario import Scenario, StepNode
    from agentrig.steps import Clients, Resources, StepKinds
    from agentrig.targets import Resolver, Target

__all__ = ["ScenarioResult", "ScenarioRun", "configured_cluster"]


def configured_cluster() -> KubernetesSettings:
    """Name the cluster of the kubeconfig, or the one around this pod."""
    from agentrig.kubernetes import KubernetesSettings  # noqa: PLC0415  # 10 ms, seldom used

    return KubernetesSettings()


class ScenarioResult(Struct, frozen=True, kw_only=True):
    """How a scenario ended; `step` is the one that did not pass, if any.

    `started_at` is in seconds since the epoch, 0 for a scenario that was never begun.
    """

    finished: ScenarioFinished
    started_at: float = 0.0
    step: StepFinished | None = None


class _State(Struct):
    """What a scenario came to so far; the first thing that went wrong decides."""

    outcome: Outcome = Outcome.PASSED
    message: str | None = None
    step: StepFinished | None = None
    details: list[str] = field(default_factory=list)

    def take_step(self, step: StepFinished | None) -> None:
        if step is not None:
            self.take(step.outcome, step.message, step=step)

    def take(
        self,
        outcome: Outcome,
        message: str | None,
        *,
        step: StepFinished | None = None,
        details: str | None = None,
    ) -> None:
        if self.outcome is Outcome.PASSED:
            self.outcome, self.message, self.step = outcome, message, step
        elif message:
            self.details.append(message)
        if details:
            self.details.append(details)


class ScenarioRun(Struct, frozen=True, kw_only=True):
    """What the scenarios of a run share; `run` is what they read as `${run}`."""

    publish: Publish
    resolver: Resolver
    clients: Clients
    resources: Resources
    kinds: StepKinds
    secrets: Secrets
    run: Mapping[str, Any]
    pacer: Pacer = field(default_factory=lambda: Pacer({}))
    kubernetes: Callable[[], KubernetesSettings] = configured_cluster
    on_output: OnOutput | None = None
    keep_exchanges: bool = False

    async def execute(self, planned: PlannedScenario) -> ScenarioResult:
        """Run a scenario to its end, and publish all that happens. Raises only when cancelled.

        Cancelled once, it runs its teardown first; cancelled twice, it ends at once.
        """
        begin, started_at = time.perf_counter(), time.time()
        self.publish(ScenarioStarted(scenario=planned.id))
        state = _State()
        try:
            await self._phases(planned, state)
        except asyncio.CancelledError:
            state.outcome, state.message = Outcome.INTERRUPTED, None
            raise
        finally:
            finished = self.publish(
                ScenarioFinished(
                    scenario=planned.id,
                    outcome=state.outcome,
                    elapsed_ms=round((time.perf_counter() - begin) * 1000, 3),
                    message=state.message,
                    details="\n".join(state.details) or None,
                )
            )
        return ScenarioResult(finished=finished, started_at=started_at, step=state.step)

    async def _phases(self, planned: PlannedScenario, state: _State) -> None:
        scenario = planned.scenario
        phases = scenario.phases
        steps = self.steps_of(planned)
        variables: dict[str, Any] = {}
        names = self.names_of(scenario, variables)
        interrupt: asyncio.CancelledError | None = None
        try:
            for name, value in scenario.variables.items():
                variables[name] = (
                    await value.render(names) if isinstance(value, Template) else value
                )
            steps.phase = Phase.SETUP
            failed = await steps.run(phases.setup, names)
            if failed is None:
                steps.phase = Phase.STEPS
                failed = await steps.run(phases.steps, names)
            state.take_step(failed)
        except RenderError as error:
            state.take(Outcome.ERROR, f"the variables cannot be filled in: {error}")
        except ScenarioError as error:
            _take_changed(state, error)
        except BaseException as error:  # the border of the steps' layer
            # A panic of compiled code and a library's own CancelledError come this way as well;
            # uncaught, they would end the run for all scenarios.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                if task.uncancel():
                    raise  # a second time already
                interrupt = error
            else:
                _take_crash(state, error)
        try:
            if phases.teardown or steps.undo:
                await _tear_down(phases.teardown, steps, names, state)
        finally:
            steps.limit.close()
        if interrupt:
            raise interrupt

    def steps_of(self, planned: PlannedScenario) -> StepRun:
        """Prepare to execute steps of a scenario, the time of which begins now."""
        scenario, loop = planned.scenario, asyncio.get_running_loop()
        return StepRun(
            scenario_id=planned.id,
            scenario=scenario,
            publish=self.publish,
            kinds=self.kinds,
            clients=self.clients,
            cookies=CookieJar(),
            hide=self.secrets.add,
            resources=self.resources,
            kubernetes=self.kubernetes,
            find_target=self._find_target(scenario),
            started_at=time.time(),
            pacer=self.pacer,
            on_output=self.on_output,
            keep_exchanges=self.keep_exchanges,
            deadline=loop.time() + scenario.timeout_s if scenario.timeout_s else None,
        )

    def names_of(self, scenario: Scenario, variables: dict[str, Any]) -> Names:
        """Give what the steps of a scenario read; `variables` are filled in as they become known."""
        roots: dict[str, Any] = {"vars": variables, "run": self.run}
        if scenario.matrix:
            roots["matrix"] = scenario.matrix
        if scenario.data:
            roots["data"] = scenario.data
        return Names(roots, env=os.environ.get, secret=self.secrets.get)

    def _find_target(self, scenario: Scenario) -> Callable[[str], Any]:
        async def find_target(endpoint: str) -> Target:
            target = self.resolver.resolve(endpoint, scenario)
            if self.resolver.needs_opening(target):
                # Opening a tunnel blocks.
                return await asyncio.to_thread(self.resolver.open, target)
            return target

        return find_target


async def _tear_down(
    nodes: Iterable[StepNode], steps: StepRun, names: Names, state: _State
) -> None:
    """Run all of the teardown, whatever fails in it, and then undo what steps left behind."""
    steps.phase, steps.deadline = Phase.TEARDOWN, None
    try:
        for node in nodes:
            try:
                state.take_step(await steps.run_node(node, names))
            except Exception as error:  # noqa: BLE001  # the border of the steps' layer
                _take_crash(state, error)
    except ScenarioError as error:
        _take_changed(state, error)
    while steps.undo:
        try:
            await steps.undo.pop()()
        except AgentrigError as error:
            state.take(Outcome.ERROR, f"teardown: {error}")
        except Exception as error:  # noqa: BLE001  # the border of the steps' layer
            _take_crash(state, error)


def _take_changed(state: _State, error: ScenarioError) -> None:
    """Take in that steps which were packed can no longer be made: a file that one names has gone."""
    first = error.mistakes[0]
    state.take(Outcome.ERROR, f"{first.at}: {first.message}; it was right when the run began")


def _take_crash(state: _State, error: BaseException) -> None:
    message = f"runner error: {type(error).__name__}: {words_of(error)}"
    trace = "".join(traceback.format_exception(error))
    state.take(Outcome.ERROR, message, details=trace)
