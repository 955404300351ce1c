"""Scenario files as pytest collects them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from agentrig._excerpt import render_mistakes
from agentrig.engine import PlannedScenario, plan_scenario
from agentrig.errors import ScenarioError
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from pathlib import Path

    from agentrig.events import Planned
    from agentrig.pytest_plugin._run import Run
    from agentrig.scenario import Scenario


__all__ = ["RUN", "ScenarioFile", "ScenarioItem", "shown_path"]

RUN: pytest.StashKey[Run] = pytest.StashKey()
"""Where the run of a session is kept: `config.stash[RUN]`."""


class ScenarioFile(pytest.File):
    """A YAML file."""

    def collect(self) -> Iterable[ScenarioItem]:
        """Load the scenarios. Raises ScenarioError with all mistakes of the file."""
        run = self.config.stash[RUN]
        path = shown_path(self.path)
        scenarios = load_scenarios(
            self.path,
            step_kinds(),
            path=path,
            endpoints=run.endpoints,
            ahead=run.ahead,
            room=run.room,
        )
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
    """Until the scenario has been reported."""
    named: Planned
    """What the plan calls it."""

    def take(self, planned: PlannedScenario) -> None:
        """Say which scenario of the plan this item stands for."""
        self.planned, self.named = planned, planned.planned

    def let_go(self) -> None:
        """Forget a scenario that is over: pytest keeps its items, and it would keep the file."""
        del self.planned

    def heed_markers(self) -> None:
        """Let the markers `skip` and `xfail`, as a conftest.py adds them, hold for the scenario."""
        scenario = self.planned.scenario
        skip = scenario.skip or _reason(self.get_closest_marker("skip"))
        xfail = scenario.xfail or _reason(self.get_closest_marker("xfail"))
        if (skip, xfail) != (scenario.skip, scenario.xfail):
            self.planned = replace(self.planned, scenario=replace(scenario, skip=skip, xfail=xfail))

    def runtest(self) -> None:
        """Never be called: `report_scenario` takes the place of pytest's own protocol."""
        raise NotImplementedError

    @property
    def location(self) -> tuple[str, int | None, str]:
        """Where the scenario stands; pytest finds out anew, in 22 µs, what the plan calls its file."""
        return self.named.path, self.named.line - 1, self.named.name

    def reportinfo(self) -> tuple[PathLike[str] | str, int | None, str]:
        """Say where the scenario stands, as pytest's users ask for it."""
        return self.path, self.named.line - 1, self.named.name


def _reason(mark: pytest.Mark | None) -> str | None:
    if mark is None:
        return None
    return str(mark.kwargs.get("reason") or next(iter(mark.args), "by a marker"))


def shown_path(file: Path) -> str:
    """Name a file in reports: relative to the working directory where it lies below it."""
    # Each file of a suite comes here: pathlib takes 10 µs for it, and 3 to say where we are.
    here = os.getcwd().replace(os.sep, "/")  # noqa: PTH109  # as above
    return file.as_posix().removeprefix(f"{here.rstrip('/')}/")
