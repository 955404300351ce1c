"""The fixture `run_scenario`: a scenario of a file, run from Python."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from agentrig.engine import check_environment, check_targets, plan_scenario
from agentrig.errors import InfraError, UsageError
from agentrig.events import Outcome
from agentrig.pytest_plugin._concurrent_tests import is_concurrent, locks_of
from agentrig.pytest_plugin._items import shown_path
from agentrig.pytest_plugin._step_log import StepLog
from agentrig.reporters.failure_text import render_failure
from agentrig.scenario import closest, load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence
    from pathlib import Path

    from agentrig.engine import PlannedScenario, ScenarioResult, ScenarioRun, Turn
    from agentrig.pytest_plugin._background import Execution
    from agentrig.pytest_plugin._promises import Promises
    from agentrig.pytest_plugin._step_log import FinishedStep
    from agentrig.pytest_plugin._test_steps import TestSteps
    from agentrig.scenario import Scenario

__all__ = ["AsyncRunScenario", "FinishedScenario", "RunScenario"]


class FinishedScenario(Struct, frozen=True, kw_only=True):
    """A scenario that was run: what it captured, and its steps in the order of their ends."""

    name: str
    outcome: Outcome
    elapsed_ms: float
    captures: Mapping[str, Any]
    steps: Sequence[FinishedStep]


class _Scenarios:
    """Finds a scenario and runs it in the background, with its steps as those of the test."""

    def __init__(self, test: TestSteps) -> None:
        """Run scenarios for `test`; their paths are relative to its file."""
        self._test = test

    def __repr__(self) -> str:
        return "run_scenario"

    def _submit(
        self, scenario: str | Path, variables: Mapping[str, Any] | None, agent: str | None
    ) -> tuple[PlannedScenario, StepLog, Execution[ScenarioResult]]:
        __tracebackhide__ = True
        found = self._find(str(scenario))
        if found.skip is not None:
            pytest.skip(f"{found.name}: {found.skip}")
        found = _changed(found, variables or {}, agent)
        planned = plan_scenario(found, scenario_id=self._test.planned.id)
        run = self._test.run
        check_targets([planned], run.resolver)
        check_environment([planned], run.stream.secrets)
        run.resolver.learn_ports(found)
        log = StepLog(
            run.stream, test=planned.id, numbers=self._test.numbers, title=planned.planned.name
        )

        turn = self._turn(found)

        async def execute(run: ScenarioRun) -> ScenarioResult:
            own = replace(run, publish=log.publish, on_output=log.take_output)
            try:
                if not await asyncio.wrap_future(turn.granted):
                    raise InfraError("the run ends: nothing more is begun")
                return await own.execute(planned)
            finally:
                turn.end()

        return planned, log, run.background.submit(execute)

    def _turn(self, scenario: Scenario) -> Turn:
        """Ask for the scenario's own locks. Raises UsageError where it cannot be alone."""
        item, run = self._test.item, self._test.run
        if not is_concurrent(item):
            return run.no_turn()
        if scenario.serial:
            raise UsageError(
                f"run_scenario: {scenario.path} is 'serial', but the test is marked 'concurrent': "
                "take that mark away"
            )
        # The test holds its own already; whoever has one of the others waits for none of these.
        return run.turn(frozenset(scenario.locks) - locks_of(item))

    def _find(self, wanted: str) -> Scenario:
        """Find the one scenario that `path` or `path#name` means. Raises UsageError."""
        __tracebackhide__ = True
        path, _, name = wanted.partition("#")
        file = self._test.folder / path
        shown = shown_path(file)
        endpoints = self._test.run.options.targets.names
        scenarios = load_scenarios(file, step_kinds(), path=shown, endpoints=endpoints)
        if name:
            found = [one for one in scenarios if name in {one.name, _label(one)}]
            problem = f"has no scenario '{name}'"
        else:
            found, problem = list(scenarios), "has no scenario"
        if len(found) == 1:
            return found[0]
        labels = [_label(one) for one in (found or scenarios)]
        if found:
            what = f"'{name}' is" if name else "has"
            problem = f"{what} {len(found)} scenarios: name one, as '{path}#{labels[0]}'"
        hint = (closest(name, labels) if not found else None) or f"known: {', '.join(labels)}"
        raise UsageError(f"run_scenario: {shown}: {problem} ({hint})")


class RunScenario(_Scenarios):
    """Runs a scenario and waits for it: `run_scenario("chat.yaml", vars={"prompt": "Hi"})`."""

    def __call__(
        self,
        scenario: str | Path,
        *,
        vars: Mapping[str, Any] | None = None,  # noqa: A002  # the key of a file
        agent: str | None = None,
    ) -> FinishedScenario:
        """Run `path`, or `path#name` where the file has several scenarios.

        `vars` and `agent` stand in place of the file's own. Raises AssertionError with the report
        of a scenario that failed, InfraError of one without a verdict, ScenarioError with all
        mistakes of the file.
        """
        __tracebackhide__ = True
        planned, log, execution = self._submit(scenario, vars, agent)
        return _verdict(planned, log, execution.result())


class AsyncRunScenario(_Scenarios):
    """The same for async tests: `await run_scenario("chat.yaml")`."""

    def __init__(self, test: TestSteps, promises: Promises) -> None:
        """Run scenarios for `test`; `promises` are seen to at its end."""
        super().__init__(test)
        self._promises = promises

    def __call__(
        self,
        scenario: str | Path,
        *,
        vars: Mapping[str, Any] | None = None,  # noqa: A002  # the key of a file
        agent: str | None = None,
    ) -> Coroutine[Any, Any, FinishedScenario]:
        """Run a scenario, as `RunScenario` does."""
        return self._promises.keep(f"run_scenario('{scenario}')", self._call(scenario, vars, agent))

    async def _call(
        self, scenario: str | Path, variables: Mapping[str, Any] | None, agent: str | None
    ) -> FinishedScenario:
        __tracebackhide__ = True
        planned, log, execution = self._submit(scenario, variables, agent)
        return _verdict(planned, log, await execution.result_async())


def _verdict(planned: PlannedScenario, log: StepLog, result: ScenarioResult) -> FinishedScenario:
    __tracebackhide__ = True
    finished, expected = result.finished, planned.scenario.xfail
    outcome = finished.outcome
    if outcome is Outcome.FAILED:
        if expected is not None:
            pytest.xfail(f"{planned.planned.name}: {expected}")
        raise AssertionError(render_failure(finished, result.step))
    if outcome is not Outcome.PASSED:
        raise InfraError(render_failure(finished, result.step))
    if expected is not None:
        what = f"expected to fail ({expected}), but passed: take 'xfail' away"
        raise AssertionError(f"{planned.planned.name}: {what}")
    return FinishedScenario(
        name=planned.planned.name,
        outcome=outcome,
        elapsed_ms=finished.elapsed_ms,
        captures=log.captures,
        steps=tuple(log.steps),
    )


def _changed(scenario: Scenario, variables: Mapping[str, Any], agent: str | None) -> Scenario:
    """Let variables and the agent stand in place of the file's. Raises UsageError."""
    __tracebackhide__ = True
    known = scenario.variables
    for name in variables:
        if name not in known:
            has = f"its 'vars': {', '.join(known)}" if known else "it has no 'vars'"
            hint = closest(name, known) or has
            raise UsageError(f"run_scenario: {scenario.path}: no variable '{name}' ({hint})")
    return replace(scenario, variables={**known, **variables}, agent=agent or scenario.agent)


def _label(scenario: Scenario) -> str:
    """Name a scenario among those of its file, as the plan does: `Name`, `Name[small]`."""
    suffix = scenario.id_suffix.removeprefix("::")
    return suffix if suffix and not suffix.startswith("[") else scenario.name + suffix
