"""Scenarios in which nothing is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.scenario import definitions_in

if TYPE_CHECKING:
    from agentrig.scenario import Phases, StepDefinition

__all__ = ["has_checks"]

# All others find out by themselves whether what they do has worked.
_UNCHECKED_KINDS = frozenset({"http", "wait"})


def has_checks(phases: Phases) -> bool:
    """Tell whether steps could fail by what comes; a capture fails as well.

    A scenario without a step is another rule's.
    """
    return not phases.steps or any(map(_checks, definitions_in((*phases.setup, *phases.steps))))


def _checks(step: StepDefinition) -> bool:
    keys: set[str] = set(step.template.value if step.template else ())
    if step.ready is not None:
        keys = step.ready.model_fields_set
    return step.kind not in _UNCHECKED_KINDS or not keys.isdisjoint({"expect", "capture"})
