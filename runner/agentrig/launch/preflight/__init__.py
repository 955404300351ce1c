"""What a run would fail for, found before anything is installed."""

from agentrig.launch.preflight._findings import Findings, Missing
from agentrig.launch.preflight._inline_scenarios import (
    named_services,
    read_scenarios,
    scenario_files,
)
from agentrig.launch.preflight._preflight import describe_missing, preflight

__all__ = [
    "Findings",
    "Missing",
    "describe_missing",
    "named_services",
    "preflight",
    "read_scenarios",
    "scenario_files",
]
