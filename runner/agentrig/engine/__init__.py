"""The engine: from a plan to events."""

from agentrig.engine._engine import DEFAULT_CONCURRENCY, Engine
from agentrig.engine._plan import (
    PlannedScenario,
    check_environment,
    check_targets,
    plan_scenario,
)
from agentrig.engine._resources import RunResources
from agentrig.engine._scenario_run import ScenarioResult, ScenarioRun

__all__ = [
    "DEFAULT_CONCURRENCY",
    "Engine",
    "PlannedScenario",
    "RunResources",
    "ScenarioResult",
    "ScenarioRun",
    "check_environment",
    "check_targets",
    "plan_scenario",
]
