"""The audit ring: the newest 1,000 requests through a sidecar, and what agents said of them."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.demo.policy import Decision

__all__ = ["Entry", "Report", "Ring"]

_LONGEST_PATH = 512
_MOST_NAMES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an agent says that it did during one request."""

    source: Literal["headers", "events"]
    guardrails: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    user_confirmed: bool = False


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request; it grows when the agent reports after the answer has gone out.

    `duration_ms` ends with the head of the agent's answer: the entry is in the ring before the
    caller can have read the answer, so that who asks for the ring next finds it there.
    """

    request_id: str
    timestamp: str
    method: str
    path: str
    status_code: int
    duration_ms: float
    policy_mode: str
    request_decision: Decision | None = None
    blocked: bool = False
    behavior_decision: Decision | None = None
    guardrails_invoked: list[str] = field(default_factory=list)
    tools_called: list[str] = field(default_factory=list)
    model_calls: list[str] = field(default_factory=list)
    user_confirmed: bool = False
    reported_by: list[str] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Take in a report; what is known already is not repeated."""
        _extend(self.guardrails_invoked, report.guardrails)
        _extend(self.tools_called, report.tools)
        _extend(self.model_calls, report.models)
        _extend(self.reported_by, (report.source,))
        self.user_confirmed = self.user_confirmed or report.user_confirmed

    def to_json(self) -> dict[str, Any]:
        """Shape the entry as `GET /audit` shows it."""
        request, behavior = self.request_decision, self.behavior_decision
        return {
            "requestId": self.request_id,
            "timestamp": self.timestamp,
            "method": self.method,
            "path": self.path[:_LONGEST_PATH],
            "statusCode": self.status_code,
            "durationMs": self.duration_ms,
            "guardrailsInvoked": self.guardrails_invoked,
            "toolsCalled": self.tools_called,
            "modelCalls": self.model_calls,
            "userConfirmed": self.user_confirmed,
            "reportedBy": self.reported_by,
            "opaMode": self.policy_mode,
            "opaEngine": request and request.engine,
            "opaAllowed": request and request.allowed,
            "opaBlocked": self.blocked,
            "opaViolations": list(request.violations) if request else [],
            "opaError": (request and request.error) or (behavior and behavior.error),
            "behavioralCompliant": behavior and behavior.allowed,
            "behavioralViolations": list(behavior.violations) if behavior else [],
        }


class Ring:
    """The newest entries, oldest first.

    An agent pushes its events on another connection than its answer, so they can arrive before
    the answer's entry: reports for an unknown request wait here, as many as there are entries.
    """

    def __init__(self, size: int = 1000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._waiting: OrderedDict[str, Report] = OrderedDict()
        self._size = size

    def add(self, entry: Entry) -> None:
        """Append an entry, with the report that was waiting for it."""
        early = self._waiting.pop(entry.request_id, None)
        if early is not None:
            entry.add(early)
        self._entries.append(entry)

    def report(self, request_id: str, report: Report) -> Entry | None:
        """Add a report to the newest entry of a request, or keep it and return None."""
        for entry in reversed(self._entries):
            if entry.request_id == request_id:
                entry.add(report)
                return entry
        self._waiting[request_id] = report
        if len(self._waiting) > self._size:
            self._waiting.popitem(last=False)
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Shape all entries as `GET /audit` shows them."""
        return [entry.to_json() for entry in self._entries]


def _extend(known: list[str], more: Iterable[str]) -> None:
    new = [name for name in dict.fromkeys(more) if name not in known]
    known.extend(new[: max(0, _MOST_NAMES - len(known))])
