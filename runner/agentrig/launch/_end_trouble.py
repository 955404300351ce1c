"""Why a run ended otherwise than by its tests: its Job failed, was deleted, or took too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.launch._evidence import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.launch._finding import Place
    from agentrig.launch._job_state import Job
    from agentrig.launch._pod_state import Pod

__all__ = ["deleted_trouble", "end_trouble", "timeout_trouble"]

_WORDS_CHARACTERS = 600
# Exit codes that are an outcome of the tests, so that no trouble stands behind the Job's failure.
_OUTCOMES = frozenset({1, 4, 5})


def end_trouble(job: Job, pods: Sequence[Pod], place: Place, *, busy: str) -> Trouble | None:
    """Say why a Job failed; None where the tests' own outcome says it.

    `busy` says what its pods did before they were ended.
    """
    end = job.decision
    if end is None or end.type in {"Complete", "SuccessCriteriaMet"}:
        return None
    where = place.job(job.name)
    if end.reason == "DeadlineExceeded":
        limit = f" of {job.deadline_s} s" if job.deadline_s else ""
        return Trouble(
            reason=end.reason,
            where=where,
            message=f"the run took longer than its activeDeadlineSeconds{limit}{busy}",
            hint="raise job.activeDeadlineSeconds, or split the run into more shards",
        )
    if end.reason == "MaxFailedIndexesExceeded":
        message = "so many shards failed that the others were ended"
        hint = "raise shards.maxFailedIndexes to have all of them run"
        return Trouble(reason=end.reason, where=where, message=message, hint=hint)
    if _codes(pods) & _OUTCOMES:
        return None
    attempts = f"all {job.failed} attempts" if job.failed > 1 else "the only attempt"
    said = {
        "BackoffLimitExceeded": f"{attempts} failed, and the Job makes no more",
        "PodFailurePolicy": "a pod failed in a way that is not tried again",
        "FailedIndexes": "some shards failed in all of their attempts",
    }.get(end.reason)
    words = cut(" ".join(end.message.split()), _WORDS_CHARACTERS)
    message = said or (f"the Job failed: {words}" if words else "the Job failed")
    return Trouble(reason=end.reason or "Failed", where=where, message=message)


def timeout_trouble(where: str, *, timeout_s: float, busy: str) -> Trouble:
    """Say that a run was followed for as long as it may be."""
    return Trouble(
        reason="Timeout",
        where=where,
        message=f"the run is not over after {timeout_s:g} s{busy}",
        hint="give it more with --timeout, or see why it takes so long in the logs",
    )


def deleted_trouble(where: str, *, busy: str) -> Trouble:
    """Say that a run was taken away."""
    message = f"it was deleted before it was over{busy}"
    return Trouble(reason="Deleted", where=where, message=message)


def _codes(pods: Sequence[Pod]) -> set[int]:
    """Give how the last attempt of each shard ended."""
    last: dict[int, int | None] = {}
    for pod in sorted(pods, key=lambda one: one.created):
        last[pod.shard] = pod.runner.exit_code if pod.runner else None
    return {code for code in last.values() if code is not None}
