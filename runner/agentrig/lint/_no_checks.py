"""Scenarios in which nothing is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.scenario import StepGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentrig.scenario import Scenario, StepDefinition, StepNode

__all__ = ["has_checks"]

# All others find out by themselves whether what they do has worked.
_UNCHECKED_KINDS = frozenset({"http", "wait"})


def has_checks(scenario: Scenario) -> bool:
    """Tell whether a scenario could fail by what comes; a capture fails as well."""
    return any(map(_checks, _steps((*scenario.setup, *scenario.steps))))


def _steps(nodes: Iterable[StepNode]) -> Iterator[StepDefinition]:
    for node in nodes:
        if isinstance(node, StepGroup):
            yield from _steps(node.steps)
        else:
            yield node


def _checks(step: StepDefinition) -> bool:
    phase, index = step.place.location
    raw = step.place.document.data[phase][index]
    return step.kind not in _UNCHECKED_KINDS or bool(raw.get("expect") or raw.get("capture"))
