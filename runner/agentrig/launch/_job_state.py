"""A Job as the API last showed it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from agentrig.launch._fields import flag, number, objects, text
from agentrig.launch._pod_state import Condition, read_conditions

__all__ = ["Job", "read_job"]

_QUEUE = "kueue.x-k8s.io/queue-name"


class Job(Struct, frozen=True, kw_only=True):
    """One Job; `queue` is the one of Kueue that it waits in, or empty."""

    name: str
    uid: str
    created: str
    finished: str = ""
    is_indexed: bool = False
    is_suspended: bool = False
    queue: str = ""
    completions: int = 1
    backoff_limit: int | None = None
    deadline_s: int | None = None
    active: int = 0
    failed: int = 0
    conditions: tuple[Condition, ...] = ()

    @property
    def end(self) -> Condition | None:
        """The condition that says that the Job is over."""
        return self._first("Complete", "Failed")

    @property
    def decision(self) -> Condition | None:
        """The condition that says how the Job will end, while its pods still may."""
        return self._first("FailureTarget", "SuccessCriteriaMet") or self.end

    def _first(self, *types: str) -> Condition | None:
        return next((one for one in self.conditions if one.type in types and one.holds), None)


def read_job(found: Any) -> Job:
    """Read a Job, whatever its JSON holds."""
    ends = {"Complete", "Failed"}
    finished = (
        text(one, "lastTransitionTime")
        for one in objects(found, "status", "conditions")
        if text(one, "type") in ends and text(one, "status") == "True"
    )
    return Job(
        name=text(found, "metadata", "name"),
        uid=text(found, "metadata", "uid"),
        created=text(found, "metadata", "creationTimestamp"),
        finished=next(finished, ""),
        is_indexed=text(found, "spec", "completionMode") == "Indexed",
        is_suspended=flag(found, "spec", "suspend"),
        queue=text(found, "metadata", "labels", _QUEUE),
        completions=number(found, "spec", "completions") or 1,
        backoff_limit=number(found, "spec", "backoffLimit"),
        deadline_s=number(found, "spec", "activeDeadlineSeconds"),
        active=number(found, "status", "active") or 0,
        failed=number(found, "status", "failed") or 0,
        conditions=read_conditions(found),
    )
