"""What keeps a Job from making its pods: a policy, a quota, a queue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.launch._evidence import Trouble
from agentrig.launch._finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.launch._finding import Place
    from agentrig.launch._job_state import Job
    from agentrig.launch._kube_event import KubeEvent
    from agentrig.launch._pod_state import Pod

__all__ = ["job_findings"]

# A service account made by the same install comes within a second; the Job controller itself
# tries again after ten.
_SOON_S = 10.0
_WORDS_CHARACTERS = 600


def job_findings(
    job: Job, events: Mapping[str, KubeEvent], pods: Sequence[Pod], place: Place
) -> list[Finding]:
    """List what is wrong with a Job that is not over; `events` are the newest ones, by reason."""
    found = []
    if job.is_suspended and job.end is None:
        message = "the run is suspended, and waits until somebody resumes it"
        if job.queue:
            message = f"the run waits for its turn in Kueue's queue '{job.queue}'"
        found.append(_finding(job, place, "Suspended", message, key="suspended"))
    failed = events.get("FailedCreate")
    if failed and job.end is None and not any(pod.created >= failed.at[:19] for pod in pods):
        why, hint, grace_s = _refused(failed.message, place)
        if any(not pod.is_over for pod in pods) and "quota" in failed.message:
            # Those that run now give back what they hold.
            found.append(_finding(job, place, "FailedCreate", why, hint=hint, key="create"))
        else:
            found.append(
                _finding(
                    job, place, "FailedCreate", why, hint=hint, key="create", fatal_after_s=grace_s
                )
            )
    return found


def _refused(message: str, place: Place) -> tuple[str, str | None, float]:
    """Say why a pod is refused, what to do, and how long that may last."""
    words = re.sub(r"^Error creating: ", "", " ".join(message.split()))
    if found := re.search(r'violates PodSecurity "([^"]+)": (.*)', words):
        why = (
            f"namespace {place.namespace} enforces the Pod Security Standard '{found[1]}', which "
            f"refuses the pod: {cut(found[2], _WORDS_CHARACTERS)}"
        )
        return why, "change what is named, or run in another namespace", 0.0
    if found := re.search(r"exceeded quota: (.*)", words):
        why = f"the namespace's quota has no room for the pod: {cut(found[1], _WORDS_CHARACTERS)}"
        return why, "ask for less in resources, or have the quota raised", _SOON_S
    if found := re.search(r'serviceaccount "([^"]+)" not found', words):
        why = f"there is no ServiceAccount '{found[1]}' in namespace {place.namespace}"
        return why, "create it, or set serviceAccount.create=true", _SOON_S
    if found := re.search(r"admission webhook \"([^\"]+)\" denied the request:? ?(.*)", words):
        why = f"the cluster's policy refuses the pod: {cut(found[2], _WORDS_CHARACTERS)}"
        return f"{why} (webhook {found[1]})", None, 0.0
    return f"the pod cannot be made: {cut(words, _WORDS_CHARACTERS)}", None, _SOON_S


def _finding(
    job: Job,
    place: Place,
    reason: str,
    message: str,
    *,
    key: str,
    hint: str | None = None,
    fatal_after_s: float | None = None,
) -> Finding:
    trouble = Trouble(reason=reason, where=place.job(job.name), message=message, hint=hint)
    return Finding(trouble=trouble, key=key, fatal_after_s=fatal_after_s)
