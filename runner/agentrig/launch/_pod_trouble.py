"""What is wrong with a pod that has run, or runs: killed, evicted, a broken sidecar, a lost node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.launch._finding import of_pod
from agentrig.launch._pod_state import RUNNER
from agentrig.launch._waiting_trouble import SOON_S, waiting_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.launch._finding import Finding, Place
    from agentrig.launch._kube_event import KubeEvent
    from agentrig.launch._pod_state import Container, Pod

__all__ = ["pod_findings"]

# A sidecar that needs another one first may well end twice.
_CRASHES = 2
# What a proxy has to end once the runner has.
_ENDLESS_S = 60.0
_WORDS_CHARACTERS = 600
_EXITS = {
    137: "the runner was killed (exit code 137, SIGKILL)",
    139: "the runner crashed (exit code 139, SIGSEGV)",
    143: "the runner was ended from outside (exit code 143, SIGTERM)",
}
# agentrig's own: what these say, the run's report says better.
_OWN_CODES = frozenset(range(6))

# Reasons of a pod that its node ended or refused: what happened, and what to do.
_BY_NODE: dict[str, tuple[str, str | None]] = {
    "Evicted": ("the node evicted the pod", "see what fills the node: kubectl describe node"),
    "NodeLost": ("the pod's node was lost", None),
    "NodeShutdown": ("the pod's node was shut down", None),
    "Terminated": ("the pod's node was shut down", None),
    "Preempting": ("the node took the pod away for a critical one", None),
    "NodeAffinity": ("the node refused the pod", None),
    "OutOfcpu": ("the node had too little cpu left for the pod", None),
    "OutOfmemory": ("the node had too little memory left for the pod", None),
    "OutOfpods": ("the node holds all the pods that it may", None),
    "UnexpectedAdmissionError": ("the node refused the pod", None),
    "DeadlineExceeded": (
        "the pod took longer than its activeDeadlineSeconds",
        "raise job.activeDeadlineSeconds, or run less at once",
    ),
}
# Reasons of the condition DisruptionTarget.
_DISRUPTIONS: dict[str, tuple[str, str | None]] = {
    "EvictionByEvictionAPI": ("was evicted, as when a node is drained", None),
    "PreemptionByScheduler": (
        "had to make room for one of higher priority",
        "give the run a priorityClassName of its own",
    ),
    "DeletionByTaintManager": ("was removed from a node whose taint it does not tolerate", None),
    "DeletionByPodGC": ("was removed because its node is gone", None),
    "TerminationByKubelet": ("was ended by its node, which ran short or was shut down", None),
}


def pod_findings(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> list[Finding]:
    """List what is wrong with a pod; `events` are the newest ones about it, by reason."""
    return [
        *waiting_findings(pod, events, place),
        *_init(pod, place),
        *_sidecars(pod, place),
        *_end(pod, place),
        *_endless(pod, place),
        *_node(pod, events, place),
    ]


def _init(pod: Pod, place: Place) -> Iterator[Finding]:
    for one in pod.containers:
        if one.role == "init" and one.state == "terminated" and one.exit_code:
            killed = one.reason == "OOMKilled"
            why = _too_much(one) if killed else cut(one.message.strip(), _WORDS_CHARACTERS)
            yield of_pod(
                pod,
                place,
                reason="Init:OOMKilled" if killed else "Init:Error",
                message=f"init container '{one.name}' ended with exit code {one.exit_code}"
                + (f": {why}" if why else ""),
                key=f"init {one.name}",
            )


def _sidecars(pod: Pod, place: Place) -> Iterator[Finding]:
    runner = pod.runner
    for one in pod.containers:
        if one.role != "sidecar" or not one.restarts or one.state == "running":
            continue
        code = "" if one.exit_code is None else f", last with exit code {one.exit_code}"
        said = one.message if one.state == "terminated" else one.last_message
        words = cut(" ".join(said.split()), _WORDS_CHARACTERS)
        # As long as it has not started, the runner waits for it, and would do so for ever.
        is_awaited = runner is None or runner.state == "waiting"
        yield of_pod(
            pod,
            place,
            reason="CrashLoopBackOff",
            message=f"sidecar '{one.name}' keeps ending{code}{': ' + words if words else ''}",
            hint=f"see its log: kubectl logs {pod.name} -c {one.name} -n {place.namespace}",
            key=f"sidecar {one.name}",
            fatal_after_s=0.0 if is_awaited and one.restarts >= _CRASHES else None,
        )


def _end(pod: Pod, place: Place) -> Iterator[Finding]:
    """Say how the pod was ended where it did not end by itself; one reason is enough."""
    disruption = pod.condition("DisruptionTarget")
    runner = pod.runner
    if pod.reason in _BY_NODE:
        why, hint = _BY_NODE[pod.reason]
        words = cut(" ".join(pod.message.split()).rstrip("."), _WORDS_CHARACTERS)
        if re.search(r"ephemeral|EmptyDir", words):
            hint = "write less, or raise volumes.resultsSizeLimit or volumes.tmpSizeLimit"
        message = why + (f": {words}" if words else "")
        yield of_pod(pod, place, reason=pod.reason, message=message, hint=hint, key="end")
    elif disruption is not None and disruption.holds:
        why, hint = _DISRUPTIONS.get(disruption.reason, ("was taken away", None))
        reason = disruption.reason or "DisruptionTarget"
        yield of_pod(pod, place, reason=reason, message=f"the pod {why}", hint=hint, key="end")
    elif runner is not None and runner.state == "terminated" and not pod.is_leaving:
        yield from _runner_end(pod, runner, place)


def _runner_end(pod: Pod, runner: Container, place: Place) -> Iterator[Finding]:
    reason, code = runner.reason or "Error", runner.exit_code
    hint = None
    if reason == "OOMKilled":
        message, hint = f"the runner {_too_much(runner)}", "raise resources.limits.memory"
    elif reason in {"StartError", "ContainerCannotRun"}:
        words = cut(" ".join(runner.message.split()), _WORDS_CHARACTERS)
        message = f"the runner could not be started: {words}"
        hint = "use the agentrig image, or one that is built FROM it"
    elif code is not None and code not in _OWN_CODES:
        message = f"the runner ended with exit code {code}, which is none of agentrig's own"
        message = _EXITS.get(code, message)
    else:
        return
    yield of_pod(pod, place, reason=reason, message=message, hint=hint, key="end")


def _endless(pod: Pod, place: Place) -> Iterator[Finding]:
    """See whether a proxy that a service mesh injected outlives the runner, and has no end."""
    runner = pod.runner
    others = [
        one.name
        for one in pod.containers
        if one.role == "main" and one.name != RUNNER and one.state == "running"
    ]
    if others and not pod.is_over and runner is not None and runner.state == "terminated":
        yield of_pod(
            pod,
            place,
            reason="NotReady",
            message=f"the runner has ended, but container '{others[0]}' keeps the pod alive",
            hint="make it a native sidecar, or keep it out of this pod by its injection label",
            key="endless",
            told_after_s=SOON_S,
            fatal_after_s=_ENDLESS_S,
        )


def _node(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    """See what the node controller says of a silent node: its pods are not ready, without a reason.

    The kubelet gives a reason when a container is not ready.
    """
    ready = pod.condition("Ready")
    runs = any(one.state == "running" for one in pod.containers)
    if pod.is_over or not runs or ready is None or ready.holds is not False:
        return
    if not ready.reason or "NodeNotReady" in events:
        yield of_pod(
            pod,
            place,
            reason="NodeNotReady",
            message=f"node '{pod.node}' no longer answers",
            hint=f"see what became of it: kubectl describe node {pod.node}",
            key="node",
            fatal_after_s=SOON_S,
        )


def _too_much(one: Container) -> str:
    limit = f"its limit of {one.memory_limit}" if one.memory_limit else "its limit"
    return f"needed more memory than {limit} and was killed"
