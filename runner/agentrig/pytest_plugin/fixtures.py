"""Types of what the fixtures give, for annotations in Python modules.

`def test_chat(steps: Steps) -> None: ...`
"""

from agentrig.pytest_plugin._agents import Agent
from agentrig.pytest_plugin._artifacts import SaveArtifact
from agentrig.pytest_plugin._metrics import RecordMetric
from agentrig.pytest_plugin._run_scenario import AsyncRunScenario, FinishedScenario, RunScenario
from agentrig.pytest_plugin._step_log import FinishedStep
from agentrig.pytest_plugin._steps import AsyncSteps, Steps

__all__ = [
    "Agent",
    "AsyncRunScenario",
    "AsyncSteps",
    "FinishedScenario",
    "FinishedStep",
    "RecordMetric",
    "RunScenario",
    "SaveArtifact",
    "Steps",
]
