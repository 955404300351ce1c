"""What a run sets out to do: each scenario with its identity, checked against the targets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import UsageError
from agentrig.events import Language, Planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig._secrets import Secrets
    from agentrig.scenario import Scenario
    from agentrig.targets import Resolver

__all__ = [
    "PlannedScenario",
    "check_environment",
    "check_targets",
    "plan_scenario",
]


class PlannedScenario(Struct, frozen=True, kw_only=True):
    """A scenario and how the run names it."""

    planned: Planned
    scenario: Scenario

    @property
    def id(self) -> str:
        """The scenario's identity within the run."""
        return self.planned.id


def plan_scenario(scenario: Scenario, *, scenario_id: str) -> PlannedScenario:
    """Take a scenario into the plan under `scenario_id`."""
    planned = Planned(
        id=scenario_id,
        name=scenario.name,
        path=scenario.path,
        line=scenario.line,
        language=Language.YAML,
        agent=scenario.agent,
        tags=scenario.tags,
    )
    return PlannedScenario(planned=planned, scenario=scenario)


def check_targets(scenarios: Sequence[PlannedScenario], resolver: Resolver) -> None:
    """Resolve every endpoint that the plan uses, before anything runs.

    Raises UsageError that names each scenario and endpoint without an address.
    """
    problems: list[str] = []
    for planned in scenarios:
        for endpoint in planned.scenario.endpoints:
            try:
                resolver.resolve(endpoint, planned.scenario)
            except UsageError as error:
                problems.append(f"{planned.scenario.path}: {error}")
    if problems:
        raise UsageError("\n".join(problems))


def check_environment(scenarios: Sequence[PlannedScenario], secrets: Secrets) -> None:
    """Look for every environment variable and secret that the plan needs, before anything runs.

    Raises UsageError that names each one that is missing, and who needs it.
    """
    missing: dict[str, list[str]] = {}
    for planned in scenarios:
        scenario = planned.scenario
        absent = [f"environment variable '{name}'" for name in scenario.env - os.environ.keys()]
        absent += [f"secret '{name}'" for name in scenario.secrets if secrets.get(name) is None]
        for name in absent:
            missing.setdefault(name, []).append(planned.id)
    if missing:
        lines = [
            f"{name} is not set; needed by {ids[0]}"
            + (f" and {len(ids) - 1} more" if ids[1:] else "")
            for name, ids in sorted(missing.items())
        ]
        raise UsageError("\n".join(lines))
