"""The engine: all scenarios of a run in one event loop, beside whoever waits for them.

The loop lives in a thread of its own, because pytest, the host, is synchronous and owns the main
one. Workers take scenarios in the order of the plan, so that the first ones asked for are the
first ones done.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentrig.engine._resources import RunResources
from agentrig.engine._scenario_run import ScenarioResult, ScenarioRun
from agentrig.errors import AgentrigError
from agentrig.events import Outcome, ScenarioFinished
from agentrig.scenario import QueryWorkers
from agentrig.steps import Clients, step_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.engine._plan import PlannedScenario
    from agentrig.stream import EventStream
    from agentrig.targets import Resolver

__all__ = ["DEFAULT_CONCURRENCY", "Engine"]

DEFAULT_CONCURRENCY = 16
"""Scenarios at once. They wait for agents, not for this machine's processors."""

SIGNALS_EVERY_S = 0.2


class Engine:
    """Runs a plan; `start` once, `result` for each scenario, `stop` at the end in any case."""

    def __init__(
        self,
        plan: Sequence[PlannedScenario],
        *,
        stream: EventStream,
        resolver: Resolver,
        concurrency: int = DEFAULT_CONCURRENCY,
        run: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare to run `plan`; nothing starts yet. `run` is what scenarios read as `${run}`."""
        self._plan = plan
        self._stream = stream
        self._resolver = resolver
        self._run_names = run or {}
        self._concurrency = max(1, min(concurrency, len(plan)))
        self._results: dict[str, Future[ScenarioResult]] = {item.id: Future() for item in plan}
        self._thread = threading.Thread(target=self._run, name="agentrig-engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main_task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self.crash: BaseException | None = None
        """What broke the engine down, if anything did: scenarios are left without a result."""

    def start(self) -> None:
        """Begin to run the plan in the background."""
        self._thread.start()

    def result(self, scenario_id: str) -> ScenarioResult:
        """Wait for a scenario to end."""
        future = self._results[scenario_id]
        # A signal that comes just before a wait begins, or to another thread, does not end it.
        while not wait([future], timeout=SIGNALS_EVERY_S).done:
            pass
        return future.result()

    def interrupt(self) -> None:
        """Interrupt what still runs and leave the rest not run, without waiting for it."""
        self._stopping.set()
        loop, task = self._loop, self._main_task
        if loop and task and not loop.is_closed():
            with suppress(RuntimeError):  # the loop closed in between: it is done
                loop.call_soon_threadsafe(task.cancel)

    def stop(self) -> None:
        """Interrupt, and wait until all is closed."""
        self.interrupt()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001  # told to whoever waits for a result
            self.crash = error
        finally:
            self._settle_rest()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main_task = asyncio.current_task()
        if self._stopping.is_set():
            return
        rest = iter(self._plan)
        async with RunResources() as resources, Clients() as clients, QueryWorkers():
            run = ScenarioRun(
                publish=self._stream.publish,
                resolver=self._resolver,
                clients=clients,
                resources=resources,
                kinds=step_kinds(),
                secrets=self._stream.secrets,
                run=self._run_names,
            )

            async def work() -> None:
                # The iterator is shared: each worker takes the next scenario that is left.
                for planned in rest:
                    self._results[planned.id].set_result(await run.execute(planned))

            async with asyncio.TaskGroup() as workers:
                for _ in range(self._concurrency):
                    workers.create_task(work())

    def _settle_rest(self) -> None:
        """Answer those who wait for scenarios that will not come."""
        for scenario_id, future in self._results.items():
            if future.done():
                continue
            if self.crash:
                future.set_exception(AgentrigError(f"the engine broke down: {self.crash!r}"))
                continue
            finished = ScenarioFinished(
                scenario=scenario_id, outcome=Outcome.NOT_RUN, elapsed_ms=0.0
            )
            future.set_result(ScenarioResult(finished=finished))
