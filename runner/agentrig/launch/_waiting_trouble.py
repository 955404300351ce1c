"""What keeps a pod from running: no node, no image, something that it refers to is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.launch._finding import of_pod
from agentrig.launch._image_trouble import IMAGE_REASONS, pull_problem
from agentrig.launch._missing import missing
from agentrig.launch._scheduling_trouble import scheduling_hint, scheduling_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentrig.launch._finding import Finding, Place
    from agentrig.launch._kube_event import KubeEvent
    from agentrig.launch._pod_state import Container, Pod

__all__ = ["SOON_S", "waiting_findings"]

# What is made at the same time comes within seconds, and so does word of a new node.
SOON_S = 10.0
# A volume is provisioned, attached and mounted, a node freed by others, within a minute; so long
# an operator may take for a Secret.
LATER_S = 60.0
# What a cluster that adds nodes says of the pod.
_AUTOSCALING = frozenset({"TriggeredScaleUp", "Nominated"})
_WORDS_CHARACTERS = 600


def waiting_findings(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    """List what a pod waits for that may never come; `events` are about it, by reason."""
    if pod.is_over:
        return
    if not pod.node:
        yield from _unschedulable(pod, events, place)
    yield from _images(pod, events, place)
    yield from _configuration(pod, place)
    # In its status a pod that waits for a volume is like any that starts.
    if not any(one.state in {"running", "terminated"} for one in pod.containers):
        yield from _mounts(pod, events, place)


def _unschedulable(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    scheduled = pod.condition("PodScheduled")
    if scheduled is None or scheduled.holds is not False:
        return
    if scheduled.reason == "SchedulingGated":
        message = "the pod is held back by a scheduling gate"
        yield of_pod(pod, place, reason="SchedulingGated", message=message)
        return
    said = scheduled.message
    later = ""
    fatal_after_s: float | None = SOON_S
    if _AUTOSCALING & events.keys():
        later, fatal_after_s = "; the cluster is adding a node", None
    elif "not found" not in said and "PersistentVolumeClaim" in said:
        fatal_after_s = LATER_S
    elif "Insufficient" in said and any(
        node.could_hold(pod.requests) for node in place.nodes or ()
    ):
        later, fatal_after_s = "; others may leave room for it", LATER_S
    yield of_pod(
        pod,
        place,
        reason=scheduled.reason or "Unschedulable",
        message=scheduling_problem(said, pod.requests, namespace=place.namespace) + later,
        hint=scheduling_hint(said),
        key="scheduling",
        fatal_after_s=fatal_after_s,
    )


def _images(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    for one in _waiting(pod, IMAGE_REASONS):
        said = one.message
        if one.reason == "ImagePullBackOff" and "ErrImagePull" not in said and "Failed" in events:
            # Kubelets before 1.32 say why in the Event alone.
            said = events["Failed"].message
        problem = pull_problem(one.reason, said)
        words = f" ({cut(problem.words, _WORDS_CHARACTERS)})" if problem.words else ""
        yield of_pod(
            pod,
            place,
            reason=one.reason,
            message=f"image '{one.image}' of container '{one.name}' cannot be pulled: "
            f"{problem.why}{words}",
            hint=problem.hint,
            key=f"image {one.name}",
            fatal_after_s=max(IMAGE_REASONS[one.reason], problem.fatal_after_s),
        )


def _configuration(pod: Pod, place: Place) -> Iterator[Finding]:
    for one in _waiting(pod, {"CreateContainerConfigError", "CreateContainerError"}):
        found = missing(one.message, namespace=place.namespace)
        yield of_pod(
            pod,
            place,
            reason=one.reason,
            message=f"container '{one.name}' cannot be made: {found.why}",
            hint=found.hint,
            key=f"configuration {one.name}",
            fatal_after_s=SOON_S,
        )


def _mounts(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    for reason in ("FailedMount", "FailedAttachVolume"):
        if reason in events:
            said = events[reason].message
            found = missing(said, namespace=place.namespace)
            may_come = any(f'secret "{name}" not found' in said for name in place.awaited_secrets)
            yield of_pod(
                pod,
                place,
                reason=reason,
                message=f"a volume cannot be mounted: {found.why}",
                hint=found.hint,
                key="volume",
                fatal_after_s=SOON_S if found.is_certain and not may_come else LATER_S,
            )
            return


def _waiting(pod: Pod, reasons: Iterable[str]) -> Iterator[Container]:
    wanted = frozenset(reasons)
    yield from (one for one in pod.containers if one.state == "waiting" and one.reason in wanted)
