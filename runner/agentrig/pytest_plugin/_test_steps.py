"""What the steps of one Python test share: names, cookies, what is to be undone, their numbers."""

from __future__ import annotations

import itertools
import linecache
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from agentrig.engine import PlannedScenario
from agentrig.errors import AgentrigError, InfraError, Position
from agentrig.events import Outcome, ScenarioFinished, StepFinished
from agentrig.pytest_plugin._items import shown_path
from agentrig.pytest_plugin._python_tests import plan_test
from agentrig.pytest_plugin._step_log import FinishedStep, StepLog
from agentrig.reporters.failure_text import render_failure
from agentrig.scenario import load_call, scenario_of_calls
from agentrig.steps import CookieJar, step_kinds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import FrameType

    import pytest

    from agentrig.engine import ScenarioRun
    from agentrig.pytest_plugin._background import Execution
    from agentrig.pytest_plugin._run import Run
    from agentrig.scenario import Names, StepNode

__all__ = ["AgentOfSteps", "TestSteps", "caller", "verdict"]

_HERE = f"{Path(__file__).parent}{os.sep}"


class AgentOfSteps(Struct, frozen=True):
    """Whom steps speak to; the ports are those on this machine."""

    name: str | None = None
    proxy_port: int | None = None
    control_port: int | None = None


class TestSteps:
    """Executes steps in the background, as steps of one test."""

    __test__ = False  # for pytest, whose words it uses

    def __init__(self, run: Run, item: pytest.Item) -> None:
        """Belong to the test `item`."""
        self.run = run
        self.item = item
        self.planned = plan_test(item)
        self.folder = item.path.parent
        self.numbers = itertools.count()
        self.captures: dict[str, Any] = {}
        self._names: Names | None = None
        self._cookies = CookieJar()
        self._began_at = time.time()
        self._undo: list[Callable[[], Awaitable[None]]] = []

    def submit(
        self, kind: str, step: Mapping[str, Any], *, agent: AgentOfSteps, at: Position
    ) -> Execution[FinishedStep | StepFinished]:
        """Check a step and begin to execute it. Raises TypeError for one that cannot be."""
        node = load_call(
            step,
            step_kinds(),
            at=at,
            folder=self.folder,
            endpoints=self.run.options.targets.names,
            captured=self.captures,
        )

        async def execute(run: ScenarioRun) -> FinishedStep | StepFinished:
            try:
                return await self._execute(run, node, agent=agent, at=at)
            except AgentrigError:
                raise
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise InfraError(f"runner error in the step '{kind}': {what}") from error

        return self.run.background.submit(execute)

    async def _execute(
        self, run: ScenarioRun, node: StepNode, *, agent: AgentOfSteps, at: Position
    ) -> FinishedStep | StepFinished:
        log = StepLog(self.run.stream, test=self.planned.id, numbers=self.numbers)
        scenario = scenario_of_calls(
            path=self.planned.path,
            name=self.planned.name,
            tags=self.planned.tags,
            agent=agent.name,
            proxy_port=agent.proxy_port,
            control_port=agent.control_port,
            at=at,
        )
        steps = replace(run, publish=log.publish, on_output=log.take_output).steps_of(
            PlannedScenario(planned=self.planned, scenario=scenario)
        )
        steps.cookies, steps.undo, steps.started_at = self._cookies, self._undo, self._began_at
        if self._names is None:
            self._names = run.names_of(scenario, {})
            self.captures = self._names.captures
        try:
            failed = await steps.run_node(node, self._names)
        finally:
            steps.limit.close()
        return failed or log.steps[-1]

    def undo(self) -> None:
        """Take back what steps changed, last first. Raises InfraError if something cannot be."""
        if not self._undo:
            return

        async def undo(_: ScenarioRun) -> None:
            problems = []
            while self._undo:
                try:
                    await self._undo.pop()()
                except Exception as error:  # noqa: BLE001  # the border of the steps' layer
                    problems.append(str(error) or type(error).__name__)
            if problems:
                raise InfraError("teardown: " + "; ".join(problems))

        self.run.background.submit(undo).result()


def verdict(finished: FinishedStep | StepFinished) -> FinishedStep:
    """Give what a step gave, if it passed; its line is what pytest shows.

    Raises AssertionError for one that failed, InfraError for one without a verdict.
    """
    __tracebackhide__ = True
    if isinstance(finished, FinishedStep):
        return finished
    nothing = ScenarioFinished(scenario="", outcome=finished.outcome, elapsed_ms=0.0)
    text = render_failure(nothing, replace(finished, checks=()))
    raise AssertionError(text) if finished.outcome is Outcome.FAILED else InfraError(text)


def caller() -> Position:
    """Find the line of the test that calls what is being executed."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # inspect.stack reads every file on the way
    while frame and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    if frame is None:
        raise RuntimeError("called by nobody")
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).rstrip()
    column = len(text) - len(text.lstrip()) + 1
    return Position(
        path=shown_path(Path(file)),
        line=line,
        column=column,
        length=max(1, len(text.strip())),
        text=text,
    )
