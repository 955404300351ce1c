"""What a step is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agentrig.events import CheckResult, Exchange
    from agentrig.scenario import Location, Scenario
    from agentrig.steps._clients import Clients
    from agentrig.targets import Target

__all__ = ["StepContext", "StepResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The step's place in its run: `location` is where it stands in the scenario's file."""

    scenario: Scenario
    location: Location
    clients: Clients
    find_target: Callable[[str], Awaitable[Target]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """The checks of a step in their order, and what went over the wire."""

    checks: tuple[CheckResult, ...]
    exchange: Exchange | None = None
