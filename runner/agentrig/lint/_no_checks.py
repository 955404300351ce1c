"""Scenarios in which nothing is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.scenario import StepGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentrig.scenario import Phases, StepDefinition, StepNode

__all__ = ["has_checks"]

# All others find out by themselves whether what they do has worked.
_UNCHECKED_KINDS = frozenset({"http", "wait"})


def has_checks(phases: Phases) -> bool:
    """Tell whether steps could fail by what comes; a capture fails as well.

    A scenario without a step is another rule's.
    """
    return not phases.steps or any(map(_checks, _steps((*phases.setup, *phases.steps))))


def _steps(nodes: Iterable[StepNode]) -> Iterator[StepDefinition]:
    for node in nodes:
        if isinstance(node, StepGroup):
            yield from _steps(node.steps)
        else:
            yield node


def _checks(step: StepDefinition) -> bool:
    keys: set[str] = set(step.template.value if step.template else ())
    if step.ready is not None:
        keys = step.ready.model_fields_set
    return step.kind not in _UNCHECKED_KINDS or not keys.isdisjoint({"expect", "capture"})
