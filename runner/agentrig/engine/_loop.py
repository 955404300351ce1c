"""The event loop of an engine: asyncio's own for a small plan, uvloop's for a large one.

Every answer comes from a thread of the HTTP library and wakes the loop up: asyncio's by a write to
a socket and a read from it each time, uvloop's once for all that came meanwhile. A step takes a
fifth less time over it. Its import takes 5 ms, as much as it saves in a hundred steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from agentrig.engine._plan import PlannedScenario
    from agentrig.engine._schedule import Schedule

__all__ = ["loop_factory"]

# Three times the number from which it pays: smaller ones mostly wait for agents.
LARGE_STEPS = 300


def loop_factory(
    plan: Iterable[PlannedScenario], schedule: Schedule
) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Choose what makes the loop for a plan; None for asyncio's own."""
    steps = sum(planned.scenario.step_count for planned in plan) * (schedule.repeat or 1)
    if steps < LARGE_STEPS and schedule.repeat_for_s is None:
        return None
    try:
        import uvloop  # noqa: PLC0415  # as above
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop
