"""Conditions of an object, such as a pod's `Ready` and a job's `Complete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["condition_problem"]


def condition_problem(found: Mapping[str, Any], *, condition: str, status: str) -> str | None:
    """Say how a condition differs from what is waited for; None where it does not.

    As `kubectl wait`, a condition that was set for an older generation does not count.
    """
    conditions = (found.get("status") or {}).get("conditions") or []
    for one in conditions:
        if one["type"].lower() != condition.lower():
            continue
        observed, generation = one.get("observedGeneration"), found["metadata"].get("generation")
        if observed is not None and generation is not None and observed < generation:
            return f"condition {one['type']} is of an older generation"
        if one["status"].lower() == status.lower():
            return None
        why = ": ".join(filter(None, (one.get("reason"), one.get("message"))))
        return f"condition {one['type']} is {one['status']}" + (f" ({why})" if why else "")
    known = ", ".join(one["type"] for one in conditions) or "none"
    return f"it has no condition {condition} (it has: {known})"
