"""The engine: all scenarios of a run in one event loop, beside whoever waits for them.

The loop lives in a thread of its own, because pytest, the host, is synchronous and owns the main
one.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentrig.engine._loop import loop_factory
from agentrig.engine._open import open_scenario_run
from agentrig.engine._results import SIGNALS_EVERY_S, Results
from agentrig.engine._schedule import Schedule
from agentrig.engine._scheduler import Scheduler
from agentrig.engine._turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from agentrig.engine._counts import Counts
    from agentrig.engine._plan import PlannedScenario
    from agentrig.engine._scenario_run import ScenarioResult
    from agentrig.kubernetes import KubernetesSettings
    from agentrig.stream import EventStream
    from agentrig.targets import Pacer, Resolver

__all__ = ["Engine"]

# For the loop to close itself once nothing runs: a thread that a step left behind is not waited for.
CLOSED_WITHIN_S = 1.0

# Whoever reports a result takes the interpreter's lock from answers that came with it, and so from
# the scenarios that begin next: told every 50 ms, 200 files at a slow server took 9 ms longer.
TOLD_AFTER_S = 0.1


class Engine:
    """Runs a plan; `start` once, `result` for each scenario, `stop` at the end in any case."""

    def __init__(
        self,
        plan: Sequence[PlannedScenario],
        *,
        stream: EventStream,
        resolver: Resolver,
        schedule: Schedule | None = None,
        run: Mapping[str, Any] | None = None,
        kubernetes: Callable[[], KubernetesSettings] | None = None,
        pacer: Pacer | None = None,
        counts: Counts | None = None,
        failed_before: int = 0,
        keep_exchanges: bool = False,
    ) -> None:
        """Prepare to run `plan`; nothing starts yet. `run` is what scenarios read as `${run}`.

        `kubernetes` says which cluster they work on, by default the one that is configured.
        `counts` and `failed_before` are what came of other scenarios of the run before these.
        `keep_exchanges` records what steps sent and got even if they passed.
        """
        self._stream = stream
        self._resolver = resolver
        self._run_names = run or {}
        self._kubernetes = kubernetes
        self._pacer = pacer
        self._keep_exchanges = keep_exchanges
        schedule = schedule or Schedule()
        self._loop_factory = loop_factory(plan, schedule)
        self._results = Results(item.id for item in plan)
        self._scheduler = Scheduler(
            plan,
            schedule,
            publish=stream.publish,
            settle=self._settle,
            counts=counts,
            failed_before=failed_before,
        )
        self._thread = threading.Thread(target=self._run, name="agentrig-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked: list[Callable[[], None]] = []
        self._tells = False
        # A signal's handler may ask while its own thread is asking.
        self._asking = threading.RLock()
        self._ended = threading.Event()
        self._turns: list[Turn] = []
        self.crash: BaseException | None = None
        """What broke the engine down, if anything did: scenarios are left without a result."""

    @property
    def counts(self) -> Counts:
        """How executions ended so far."""
        return self._scheduler.counts

    @property
    def failures(self) -> int:
        """How many scenarios did not pass, so far, for good."""
        return self._scheduler.failures

    def start(self) -> None:
        """Begin to run the plan in the background."""
        self._thread.start()

    def result(self, scenario_id: str) -> ScenarioResult:
        """Wait for a scenario to end."""
        return self._results.wait(scenario_id)

    def turn(self, locks: Collection[str]) -> Turn:
        """Ask for a turn beside the scenarios, with `locks`. Safe for threads.

        Once the engine has ended, there is nothing left to wait for.
        """
        turn = Turn(lambda turn: self._ask(lambda: self._scheduler.dismiss(turn)))
        with self._asking:
            if self._ended.is_set():
                turn.settle(granted=True)
            else:
                self._turns.append(turn)
        self._ask(lambda: self._scheduler.admit(turn, locks))
        return turn

    def interrupt(self, reason: str | None = None) -> None:
        """Interrupt what still runs and leave the rest not run, without waiting for it.

        Teardowns run to their end.
        """
        self._ask(lambda: self._scheduler.stop(reason))

    def abort(self) -> None:
        """Interrupt teardowns as well, without waiting."""
        self._ask(self._scheduler.abort)

    def stop(self) -> None:
        """Interrupt, and wait until nothing runs any more."""
        self.interrupt()
        if self._thread.ident is None:
            return
        while not self._ended.wait(SIGNALS_EVERY_S):
            pass
        self._thread.join(CLOSED_WITHIN_S)

    @property
    def lingers(self) -> bool:
        """Whether a thread that a step began has outlived the run: only exiting ends it."""
        return self._ended.is_set() and self._thread.is_alive()

    def _ask(self, action: Callable[[], None]) -> None:
        """Let the loop do something, now or as its first deed."""
        with self._asking:
            if self._loop is None:
                self._asked.append(action)
                return
        with suppress(RuntimeError):  # the loop is closed: there is nothing left to stop
            self._loop.call_soon_threadsafe(action)

    def _settle(self, scenario_id: str, result: ScenarioResult) -> None:
        """Keep a result, and tell of it with those that come right behind it."""
        self._results.settle(scenario_id, result)
        if not self._tells:
            self._tells = True
            asyncio.get_running_loop().call_later(TOLD_AFTER_S, self._tell)

    def _tell(self) -> None:
        self._tells = False
        self._results.tell()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._main())
        except BaseException as error:  # noqa: BLE001  # told to whoever waits for a result
            self.crash = error
        finally:
            # Nothing is missing unless the engine broke down.
            self._results.give_up(f"the engine broke down: {self.crash!r}")
            self._end()

    async def _main(self) -> None:
        with self._asking:
            self._loop = asyncio.get_running_loop()
        for action in self._asked:
            action()
        async with open_scenario_run(
            publish=self._scheduler.publish,
            resolver=self._resolver,
            secrets=self._stream.secrets,
            run=self._run_names,
            pacer=self._pacer,
            kubernetes=self._kubernetes,
            keep_exchanges=self._keep_exchanges,
        ) as run:
            await self._scheduler.run(run.execute)
        self._end()

    def _end(self) -> None:
        """Say that nothing runs any more, also to those who wait beside the scenarios."""
        with self._asking:
            self._ended.set()
            for turn in self._turns:
                turn.settle(granted=True)
