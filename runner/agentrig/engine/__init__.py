"""The engine: from a plan to events."""

from agentrig.engine._counts import Counts
from agentrig.engine._engine import Engine
from agentrig.engine._goals import check_goals, needs_times
from agentrig.engine._open import open_scenario_run
from agentrig.engine._plan import (
    PlannedScenario,
    check_environment,
    check_targets,
    plan_scenario,
)
from agentrig.engine._resources import RunResources
from agentrig.engine._scenario_run import ScenarioResult, ScenarioRun
from agentrig.engine._schedule import Schedule
from agentrig.engine._shard import Shard
from agentrig.engine._step_run import EventT
from agentrig.engine._turn import Turn

__all__ = [
    "Counts",
    "Engine",
    "EventT",
    "PlannedScenario",
    "RunResources",
    "ScenarioResult",
    "ScenarioRun",
    "Schedule",
    "Shard",
    "Turn",
    "check_environment",
    "check_goals",
    "check_targets",
    "needs_times",
    "open_scenario_run",
    "plan_scenario",
]
