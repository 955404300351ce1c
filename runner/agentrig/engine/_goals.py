"""Goals of a whole run (`slo`) against what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.events import LimitChecked, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.engine._counts import Counts

__all__ = ["check_goals", "needs_times"]


def needs_times(slo: Mapping[str, float]) -> bool:
    """Tell whether the times of steps must be measured for a goal."""
    return any(name.endswith("_ms") for name in slo)


def check_goals(slo: Mapping[str, float], counts: Counts) -> list[LimitChecked]:
    """Check each goal, by its name: `p95_ms` and the like, or `error_rate`.

    One that nothing was measured for, as when no scenario was executed, is neither kept nor missed.
    """
    latency = counts.read().latency
    checked = []
    for name, limit in slo.items():
        if name == "error_rate":
            actual = counts.error_rate
        else:
            actual = getattr(latency, name) if latency else None
        outcome = Outcome.SKIPPED
        if actual is not None:
            outcome = Outcome.PASSED if actual <= limit else Outcome.FAILED
        checked.append(LimitChecked(name=name, limit=limit, actual=actual, outcome=outcome))
    return checked
