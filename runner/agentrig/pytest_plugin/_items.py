"""Scenario files as pytest collects them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig._excerpt import render_mistakes
from agentrig.engine import PlannedScenario, ScenarioResult, plan_scenario
from agentrig.errors import AgentrigError, InfraError, ScenarioError
from agentrig.events import Outcome
from agentrig.reporters.failure_text import render_failure
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from agentrig.pytest_plugin._run import Run
    from agentrig.scenario import Scenario


__all__ = ["RUN", "ScenarioFile", "ScenarioItem", "shown_path"]

RUN: pytest.StashKey[Run] = pytest.StashKey()
"""Where the run of a session is kept: `config.stash[RUN]`."""


class ScenarioFailedError(Exception):
    """A scenario did not pass; its text is the report of it."""


class ScenarioFile(pytest.File):
    """A YAML file."""

    def collect(self) -> Iterable[ScenarioItem]:
        """Load the scenarios. Raises ScenarioError with all mistakes of the file."""
        run = self.config.stash[RUN]
        path = shown_path(self.path)
        scenarios = load_scenarios(
            self.path, step_kinds(), path=path, endpoints=run.options.targets.names
        )
        for scenario in scenarios:
            run.hold(scenario)
        return [self._item(scenario, path) for scenario in scenarios]

    def _item(self, scenario: Scenario, path: str) -> ScenarioItem:
        suffix = scenario.id_suffix
        item: ScenarioItem = ScenarioItem.from_parent(self, name=f"{self.path.stem}{suffix}")
        item.take(plan_scenario(scenario, scenario_id=f"{path}{suffix}"))
        for tag in scenario.tags:
            item.add_marker(pytest.mark.tag(tag))
            item.extra_keyword_matches.add(tag)
        return item

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002  # pytest's signature
    ) -> Any:
        """Show mistakes as excerpts of the file, not as a traceback."""
        if isinstance(excinfo.value, ScenarioError):
            return render_mistakes(excinfo.value.mistakes)
        return super().repr_failure(excinfo)


class ScenarioItem(pytest.Item):
    """One scenario; the engine runs it, the item waits for its result."""

    planned: PlannedScenario
    result: ScenarioResult | None = None

    def take(self, planned: PlannedScenario) -> None:
        """Say which scenario of the plan this item stands for."""
        self.planned = planned

    def setup(self) -> None:
        """Wait for the result. Raises InfraError where there is no verdict: pytest's "error"."""
        self.result = self.config.stash[RUN].result(self.planned.id)
        if self.result.finished.outcome is Outcome.ERROR:
            raise InfraError(self.result.finished.message or "infrastructure broke")

    def runtest(self) -> None:
        """Pass on the result."""
        if self.result is None:
            raise AgentrigError("the scenario has no result")
        outcome = self.result.finished.outcome
        if outcome in {Outcome.NOT_RUN, Outcome.INTERRUPTED, Outcome.SKIPPED}:
            pytest.skip(self.result.finished.message or outcome.value.replace("_", " "))
        if outcome is not Outcome.PASSED:
            raise ScenarioFailedError(render_failure(self.result.finished, self.result.step))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002  # pytest's signature
    ) -> Any:
        """Show the failure as agentrig's own report does."""
        if self.result and isinstance(excinfo.value, ScenarioFailedError | InfraError):
            return render_failure(self.result.finished, self.result.step)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Say where the scenario stands."""
        return self.path, self.planned.planned.line - 1, self.planned.scenario.name


def shown_path(file: Path) -> str:
    """Name a file in reports: relative to the working directory where it lies below it."""
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file.as_posix()
