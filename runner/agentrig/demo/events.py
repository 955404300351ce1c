"""The batch of events that an agent pushes to its sidecar after a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException

from agentrig.demo.audit import Report
from agentrig.demo.headers import is_name

__all__ = ["Batch", "batch_in"]

_MOST_EVENTS = 100
# The field that names what an event is about, by the event's type.
_NAMED_BY = {
    "guardrail": "guardrailType",
    "tool": "name",
    "model": "modelId",
    "memory": "backend",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The events of one request, summed up."""

    request_id: str
    report: Report


def batch_in(body: dict[str, Any], *, agent: str) -> Batch:
    """Read `{"requestId": str, "agentName": str, "events": [...]}`; raise `HTTPException` 400.

    A batch is taken whole or not at all: one bad event refuses it, and the message says which.
    """
    request_id = body.get("requestId")
    if not isinstance(request_id, str) or not is_name(request_id):
        raise HTTPException(
            400, "'requestId' must be 1 to 128 letters, digits, '.', '_', ':' or '-'"
        )
    if body.get("agentName") != agent:
        raise HTTPException(400, f"'agentName' must be '{agent}': this is its sidecar")
    events = body.get("events")
    if not isinstance(events, list) or len(events) > _MOST_EVENTS:
        raise HTTPException(400, f"'events' must be a list of at most {_MOST_EVENTS}")
    found: dict[str, list[str]] = {kind: [] for kind in _NAMED_BY}
    for index, event in enumerate(events):
        kind, name = _read(event, at=f"events[{index}]")
        # A guardrail that is declared but was not run is an event too; it invoked nothing.
        if kind != "guardrail" or event.get("invoked", True) is True:
            found[kind].append(name)
    report = Report(
        source="events",
        guardrails=tuple(found["guardrail"]),
        tools=tuple(found["tool"]),
        models=tuple(found["model"]),
        user_confirmed=body.get("userConfirmed") is True,
    )
    return Batch(request_id=request_id, report=report)


def _read(event: object, *, at: str) -> tuple[str, str]:
    if not isinstance(event, dict):
        raise HTTPException(400, f"'{at}' must be an object")
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in _NAMED_BY:
        raise HTTPException(400, f"'{at}.type' must be one of {', '.join(_NAMED_BY)}")
    name = event.get(_NAMED_BY[kind])
    if not isinstance(name, str) or not is_name(name):
        raise HTTPException(400, f"'{at}.{_NAMED_BY[kind]}' must be a name")
    return kind, name
