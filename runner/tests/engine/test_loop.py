"""Which event loop a plan gets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import uvloop

from agentrig.engine import PlannedScenario, Schedule, plan_scenario
from agentrig.engine._loop import LARGE_STEPS, loop_factory
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def planned(tmp_path: Path) -> PlannedScenario:
    file = tmp_path / "ten.yaml"
    file.write_text("name: Ten\nsteps:\n" + "  - path: /ok\n" * 10, encoding="utf-8")
    (scenario,) = load_scenarios(file, step_kinds(), endpoints={"proxy"})
    return plan_scenario(scenario, scenario_id="ten")


def test_a_small_plan_does_not_wait_for_another_loop(planned: PlannedScenario) -> None:
    assert loop_factory([planned] * (LARGE_STEPS // 10 - 1), Schedule()) is None


@pytest.mark.parametrize(
    ("files", "schedule"),
    [
        (LARGE_STEPS // 10, Schedule()),
        (1, Schedule(repeat=LARGE_STEPS // 10)),
        (1, Schedule(repeat_for_s=60.0)),
    ],
    ids=["files", "repeat", "repeat-for"],
)
def test_many_steps_run_in_uvloop(planned: PlannedScenario, files: int, schedule: Schedule) -> None:
    assert loop_factory([planned] * files, schedule) is uvloop.new_event_loop


def test_without_uvloop_there_is_asyncio(
    planned: PlannedScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory([planned] * LARGE_STEPS, Schedule()) is None
