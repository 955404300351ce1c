"""One step as it is written: `if`, `foreach`, reused steps, retries, its time limit, its captures."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from msgspec import Struct, field

from agentrig.checks import capture_output, check_output
from agentrig.engine._time_limit import TimeLimit
from agentrig.errors import InfraError, ScenarioError, UsageError
from agentrig.events import CheckResult, Event, Outcome, Phase, StepFinished, StepStarted
from agentrig.scenario import DEFAULT_TIMEOUT_S, RenderError, StepGroup, describe_duration
from agentrig.steps import StepContext
from agentrig.targets import Pacer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from agentrig.checks import Output
    from agentrig.errors import Position
    from agentrig.events import Exchange
    from agentrig.kubernetes import KubernetesSettings
    from agentrig.scenario import Names, Scenario, StepDefinition, StepNode
    from agentrig.steps import Clients, CookieJar, Resources, Step, StepKinds
    from agentrig.targets import Target

__all__ = ["OnOutput", "Publish", "StepRun"]


EventT = TypeVar("EventT", bound=Event)

GRACE_S = 0.5
"""A kind that keeps the time limit by itself can say what it waited for; the rest is cancelled."""


class Publish(Protocol):
    """Records an event, and gives it as it was recorded."""

    def __call__(self, event: EventT) -> EventT:
        """Record `event`."""


OnOutput: TypeAlias = "Callable[[Output, dict[str, Any]], None]"


class _Verdict(Struct, frozen=True):
    """What one execution of a step came to."""

    outcome: Outcome
    message: str | None = None
    checks: tuple[CheckResult, ...] = ()
    exchange: Exchange | None = None


class StepRun(Struct, kw_only=True):
    """Executes the steps of one scenario.

    `deadline` is the event loop's time at which the scenario's own timeout ends them; what undoes
    their effects is collected in `undo`. `on_output` is given what an execution gave, and what was
    captured of it; `hide` what no report may show. With `keep_exchanges` what a step sent and got
    is recorded even if it passed. Whoever made it closes its `limit` at the end.
    """

    scenario_id: str
    scenario: Scenario
    publish: Publish
    kinds: StepKinds
    clients: Clients
    cookies: CookieJar
    resources: Resources
    kubernetes: Callable[[], KubernetesSettings]
    find_target: Callable[[str], Awaitable[Target]]
    started_at: float
    hide: Callable[[str], None]
    on_output: OnOutput | None = None
    keep_exchanges: bool = False
    deadline: float | None = None
    pacer: Pacer = field(default_factory=lambda: Pacer({}))
    limit: TimeLimit = field(default_factory=TimeLimit)
    phase: Phase = Phase.STEPS
    undo: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    executed: int = 0
    paced_s: float = 0.0

    async def run(self, nodes: Iterable[StepNode], names: Names) -> StepFinished | None:
        """Execute steps in order, to the first that does not pass, and give that one."""
        for node in nodes:
            if finished := await self.run_node(node, names):
                return finished
        return None

    async def run_node(self, node: StepNode, names: Names) -> StepFinished | None:
        """Execute one step, for each element of its `foreach`; give what did not pass."""
        if node.controls.foreach is None:
            return await self._conditionally(node, names, "")
        try:
            elements = await _elements(node, names)
        except (RenderError, _UnusableError) as error:
            return self._report(node, _unusable(node, error))
        for index, item in enumerate(elements):
            suffix = f" [{index + 1}/{len(elements)}]"
            inner = names.below(item=item, index=index)
            if finished := await self._conditionally(node, inner, suffix):
                return finished
        return None

    async def _conditionally(
        self, node: StepNode, names: Names, suffix: str
    ) -> StepFinished | None:
        if node.condition or node.controls.if_ is False:
            try:
                holds = await _holds(node, names)
            except (RenderError, _UnusableError) as error:
                return self._report(node, _unusable(node, error), suffix)
            if not holds:
                self._report(node, _Verdict(Outcome.SKIPPED, "'if' does not hold"), suffix)
                return None
        if isinstance(node, StepGroup):
            try:
                inputs = await node.fill_in(names)
            except RenderError as error:
                return self._report(node, _unusable(node, error), suffix)
            return await self.run(node.steps, names.below(**{"with": inputs}))
        return await self._execute(node, names, suffix)

    async def _execute(
        self, definition: StepDefinition, names: Names, suffix: str
    ) -> StepFinished | None:
        """Execute a step, more than once if it says so, and publish what came of it."""
        index, name = self._begin(definition, suffix)
        begin, self.paced_s = time.perf_counter(), 0.0
        controls = definition.controls
        limit_s = controls.timeout or DEFAULT_TIMEOUT_S
        attempts = 1
        if controls.retry is None and controls.eventually is None:
            verdict, title = await self._attempt(definition, names, limit_s)
        else:
            verdict, title, attempts = await self._repeatedly(definition, names, limit_s)
            if attempts > 1 and verdict.message:
                spent = describe_duration(round(time.perf_counter() - begin, 1))
                message = f"{verdict.message}\n  after {attempts} attempts in {spent}"
                verdict = _Verdict(verdict.outcome, message, verdict.checks, verdict.exchange)
        return self._end(
            index, (title or name) + (suffix if title else ""), verdict, begin, attempts
        )

    async def _repeatedly(
        self, definition: StepDefinition, names: Names, limit_s: float
    ) -> tuple[_Verdict, str | None, int]:
        controls, clock = definition.controls, asyncio.get_running_loop().time
        attempts = 0
        if eventually := controls.eventually:
            end = clock() + eventually.within
            while True:
                left = end - clock()
                verdict, title = await self._attempt(definition, names, min(limit_s, left))
                attempts += 1
                done = verdict.outcome in {Outcome.PASSED, Outcome.SKIPPED}
                if done or clock() + eventually.every >= end or self._time_left() <= 0:
                    return verdict, title, attempts
                await self._pause(eventually.every)
        retry = controls.retry
        if retry is None:
            raise RuntimeError("only a step with 'retry' or 'eventually' is repeated")
        pause = retry.delay
        while True:
            verdict, title = await self._attempt(definition, names, limit_s)
            attempts += 1
            again = verdict.outcome.value in retry.outcomes
            if not again or attempts > retry.count or self._time_left() <= 0:
                return verdict, title, attempts
            await self._pause(min(pause, retry.max_delay or pause))
            pause *= retry.factor

    async def _attempt(
        self, definition: StepDefinition, names: Names, limit_s: float
    ) -> tuple[_Verdict, str | None]:
        """Execute a step once; give also its title, once it is filled in."""
        left = max(0.0, self._time_left())
        title = None
        try:
            with self.limit.of(min(limit_s + GRACE_S, left)):
                step = definition.ready or await definition.fill_in(names)
                title = step.title()
                # A request that the scenario's limit cuts off goes on until its own time is over.
                within_s = min(limit_s, left + GRACE_S)
                return await self._executed(definition, step, names, within_s), title  # type: ignore[arg-type]  # every kind's model is a Step
        except RenderError as error:
            if self.phase is Phase.TEARDOWN and error.is_not_captured:
                return _Verdict(Outcome.SKIPPED, str(error)), title
            return _unusable(definition, error), title
        except ScenarioError as error:
            first = error.mistakes[0]
            hint = f" ({first.hint})" if first.hint else ""
            return _failed("step", f"{first.message}{hint}", first.at), title
        except (InfraError, UsageError) as error:
            return _Verdict(Outcome.ERROR, f"[{title or definition.title}] {error}"), title
        except TimeoutError:
            if not self.limit.expired:
                raise
            what = f"no end within {describe_duration(limit_s)}"
            if left < limit_s:
                limit = describe_duration(self.scenario.timeout_s or 0)
                what = f"the scenario's {limit} ran out"
            message = f"[{title or definition.title}] {what}"
            return _failed("timeout", message, definition.place.locate()), title

    async def _executed(
        self,
        definition: StepDefinition,
        step: Step,
        names: Names,
        limit_s: float,
    ) -> _Verdict:
        async def find_target(endpoint: str) -> Target:
            # The request that comes next waits for its turn, which counts neither as the step's
            # time nor against its limits.
            if waits_s := self.pacer.reserve(endpoint, agent=self.scenario.agent):
                self.paced_s += waits_s
                if self.deadline is not None:
                    self.deadline += waits_s
                self.limit.extend(waits_s)
                await asyncio.sleep(waits_s)
            return await self.find_target(endpoint)

        context = StepContext(
            scenario=self.scenario,
            place=definition.place,
            names=names,
            clients=self.clients,
            cookies=self.cookies,
            find_target=find_target,
            resources=self.resources,
            kubernetes=self.kubernetes,
            on_teardown=self.undo.append,
            started_at=self.started_at,
            timeout_s=limit_s,
            hide=self.hide,
        )
        result = await self.kinds.kind_of(step).execute(step, context)
        checks, captured = result.checks, dict[str, Any]()
        failed = next((check for check in checks if check.outcome is Outcome.FAILED), None)
        if failed is None and result.output is not None:
            title, locate = step.title(), definition.place.locate
            if step.expect is not None and step.expect.checks:
                more = await check_output(
                    step.expect.checks, result.output, names, title=title, locate=locate
                )
                checks += more
                # They end at the first that fails.
                failed = more[-1] if more[-1].outcome is Outcome.FAILED else None
            if failed is None and step.capture:
                captured, failed = await capture_output(
                    step.capture, result.output, names, title=title, locate=locate
                )
                checks += (failed,) if failed else ()
                names.captures.update(captured)
        if self.on_output and result.output is not None:
            self.on_output(result.output, captured)
        kept = result.exchange if failed or self.keep_exchanges else None
        exchange = kept() if kept else None
        if failed is None:
            return _Verdict(Outcome.PASSED, None, checks, exchange)
        return _Verdict(Outcome.FAILED, failed.message, checks, exchange)

    def _time_left(self) -> float:
        if self.deadline is None:
            return float("inf")
        return self.deadline - asyncio.get_running_loop().time()

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, self._time_left())))

    def _report(self, node: StepNode, verdict: _Verdict, suffix: str = "") -> StepFinished | None:
        """Publish a step that ended before it could be executed."""
        index, name = self._begin(node, suffix)
        return self._end(index, name, verdict, time.perf_counter(), 1)

    def _begin(self, node: StepNode, suffix: str) -> tuple[int, str]:
        index, name = self.executed, node.title + suffix
        self.executed += 1
        self.publish(
            StepStarted(
                scenario=self.scenario_id,
                step=index,
                name=name,
                step_kind=node.kind,
                phase=self.phase,
            )
        )
        return index, name

    def _end(
        self, index: int, name: str, verdict: _Verdict, begin: float, attempts: int
    ) -> StepFinished | None:
        finished = StepFinished(
            scenario=self.scenario_id,
            step=index,
            name=name,
            outcome=verdict.outcome,
            elapsed_ms=round((time.perf_counter() - begin - self.paced_s) * 1000, 3),
            checks=verdict.checks,
            exchange=verdict.exchange,
            message=verdict.message,
            phase=self.phase,
            attempts=attempts,
        )
        finished = self.publish(finished)
        return None if verdict.outcome in {Outcome.PASSED, Outcome.SKIPPED} else finished


class _UnusableError(ValueError):
    """What `if` or `foreach` (`key`) gave cannot be used."""

    def __init__(self, message: str, key: str) -> None:
        super().__init__(message)
        self.key = key


async def _elements(node: StepNode, names: Names) -> list[Any]:
    elements = await node.elements.render(names) if node.elements else node.controls.foreach
    if isinstance(elements, list):
        return elements
    raise _UnusableError(f"'foreach' needs a list, not {_shown(elements)}", "foreach")


async def _holds(node: StepNode, names: Names) -> bool:
    holds = await node.condition.render(names) if node.condition else node.controls.if_
    if holds is None or isinstance(holds, bool):
        return bool(holds)
    # Any text would hold, "false" as well.
    raise _UnusableError(f"'if' needs true or false, not {_shown(holds)}: compare it", "if")


def _unusable(node: StepNode, error: RenderError | _UnusableError) -> _Verdict:
    name = node.controls.name
    message = f"[{name}] {error}" if name else str(error)
    if isinstance(error, _UnusableError):
        return _failed("step", message, node.place.locate((error.key,)))
    return _failed("step", message, node.place.locate_expression(error.expression))


def _failed(check: str, message: str, at: Position) -> _Verdict:
    result = CheckResult(check=check, outcome=Outcome.FAILED, message=message, at=at)
    return _Verdict(Outcome.FAILED, message, (result,))


def _shown(value: Any) -> str:
    return "text" if isinstance(value, str) else type(value).__name__
