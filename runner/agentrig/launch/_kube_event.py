"""Events: what the parts of Kubernetes say about an object, in their own words."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from agentrig.launch._fields import number, text

__all__ = ["KubeEvent", "read_event"]


class KubeEvent(Struct, frozen=True, kw_only=True):
    """One Event; `about` is the uid of its object, `at` its newest time (RFC 3339, UTC)."""

    about: str
    reason: str
    message: str
    at: str = ""
    count: int = 1


def read_event(found: Any) -> KubeEvent:
    """Read an Event, whatever its JSON holds."""
    times = (
        text(found, "series", "lastObservedTime"),
        text(found, "lastTimestamp"),
        text(found, "eventTime"),
        text(found, "metadata", "creationTimestamp"),
    )
    count = number(found, "series", "count") or number(found, "count") or 1
    return KubeEvent(
        about=text(found, "involvedObject", "uid"),
        reason=text(found, "reason"),
        message=text(found, "message"),
        at=next(filter(None, times), ""),
        count=count,
    )
