"""What is wrong with a pod, and what its user can do: one rule for each way to go wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.launch._evidence import Trouble
from agentrig.launch._finding import Finding
from agentrig.launch._image_trouble import IMAGE_REASONS, pull_problem
from agentrig.launch._pod_state import RUNNER
from agentrig.launch._scheduling_trouble import scheduling_hint, scheduling_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from agentrig.launch._finding import Place
    from agentrig.launch._kube_event import KubeEvent
    from agentrig.launch._pod_state import Container, Pod

__all__ = ["pod_findings"]

# A Secret that an operator makes, and a quota that is freed, come within seconds or not at all.
SOON_S = 10.0
# A volume is provisioned, attached and mounted within a minute.
VOLUME_S = 60.0
# A cluster that adds nodes says so, and takes minutes.
AUTOSCALING = frozenset({"TriggeredScaleUp", "Nominated"})
_WORDS_CHARACTERS = 600
_KILLED, _SIGTERM = 137, 143
# agentrig's own exit codes: what these say, the run's report says better.
_OWN_CODES = frozenset(range(6))


def pod_findings(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> list[Finding]:
    """List what is wrong with a pod; `events` are the newest ones about it, by reason."""
    return [found for rule in _RULES for found in rule(pod, events, place)]


def _unschedulable(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    scheduled = pod.condition("PodScheduled")
    if pod.is_over or pod.node or scheduled is None or scheduled.holds is not False:
        return
    if scheduled.reason == "SchedulingGated":
        message = "the pod is held back by a scheduling gate"
        yield _finding(pod, place, "SchedulingGated", message)
        return
    waits = bool(AUTOSCALING & events.keys())
    later = "; the cluster is adding a node" if waits else ""
    volume = "volume" in scheduled.message.lower() and "not found" not in scheduled.message
    yield _finding(
        pod,
        place,
        scheduled.reason or "Unschedulable",
        scheduling_problem(scheduled.message, pod.requests) + later,
        hint=scheduling_hint(scheduled.message),
        key="scheduling",
        fatal_after_s=None if waits else VOLUME_S if volume else SOON_S,
    )


def _image(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    for one in _waiting(pod, IMAGE_REASONS):
        # Older kubelets say why in the event alone.
        failed = events.get("Failed")
        said = one.message
        if one.reason == "ImagePullBackOff" and "ErrImagePull" not in said and failed:
            said = failed.message
        problem = pull_problem(one.reason, said)
        words = f" ({cut(problem.words, _WORDS_CHARACTERS)})" if problem.words else ""
        grace_s = IMAGE_REASONS[one.reason]
        yield _finding(
            pod,
            place,
            one.reason,
            f"the image '{one.image}' of container '{one.name}' cannot be pulled: "
            f"{problem.why}{words}",
            hint=problem.hint,
            key=f"image {one.name}",
            fatal_after_s=max(grace_s, problem.fatal_after_s),
        )


def _configuration(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    for one in _waiting(pod, {"CreateContainerConfigError", "CreateContainerError"}):
        why, hint = _missing(one.message, place.namespace)
        yield _finding(
            pod,
            place,
            one.reason,
            f"container '{one.name}' cannot be made: {why}",
            hint=hint,
            key=f"configuration {one.name}",
            fatal_after_s=SOON_S,
        )


def _mounts(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    """Read the events: in its status a pod that waits for a volume is like any that starts."""
    if pod.is_over or any(one.state in {"running", "terminated"} for one in pod.containers):
        return
    for reason in ("FailedMount", "FailedAttachVolume"):
        if reason in events:
            why, hint = _missing(_without_prefix(events[reason].message), place.namespace)
            passing = reason == "FailedAttachVolume" or not re.search(
                r"not found|non-existent|not registered", why
            )
            yield _finding(
                pod,
                place,
                reason,
                f"a volume cannot be mounted: {why}",
                hint=hint,
                key="volume",
                fatal_after_s=VOLUME_S if passing else SOON_S,
            )
            return


def _killed(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    runner = pod.runner
    if runner is None or runner.state != "terminated" or _disruption(pod) or pod.is_leaving:
        return
    code = runner.exit_code
    if runner.reason == "OOMKilled":
        limit = f" its limit of {runner.memory_limit}" if runner.memory_limit else " its limit"
        message = f"the runner needed more memory than{limit} and was killed"
        yield _finding(
            pod, place, "OOMKilled", message, hint="raise resources.limits.memory", key="end"
        )
    elif runner.reason in {"StartError", "ContainerCannotRun"}:
        words = cut(" ".join(runner.message.split()), _WORDS_CHARACTERS)
        message = f"the runner could not be started: {words}"
        hint = "use the agentrig image, or one that is built FROM it"
        yield _finding(pod, place, runner.reason, message, hint=hint, key="end")
    elif code is not None and code not in _OWN_CODES and pod.reason not in _KUBELET_REASONS:
        message = _strange_exit(code)
        yield _finding(pod, place, runner.reason or "Error", message, key="end")


def _disrupted(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    disruption = _disruption(pod)
    if pod.reason in _KUBELET_REASONS:
        why, hint = _KUBELET_REASONS[pod.reason]
        words = cut(" ".join(pod.message.split()).rstrip("."), _WORDS_CHARACTERS)
        if re.search(r"ephemeral|EmptyDir", words):
            hint = "write less, or raise volumes.resultsSizeLimit, volumes.tmpSizeLimit or limits"
        message = why + (f": {words}" if words else "")
        yield _finding(pod, place, pod.reason, message, hint=hint, key="end")
    elif disruption is not None:
        why, hint = _DISRUPTIONS.get(disruption, ("was taken away", None))
        yield _finding(pod, place, disruption, f"the pod {why}", hint=hint, key="end")


def _init_failed(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    for one in pod.containers:
        if one.role == "init" and one.state == "terminated" and one.exit_code:
            words = cut(one.message.strip(), _WORDS_CHARACTERS) or one.reason
            yield _finding(
                pod,
                place,
                "Init:OOMKilled" if one.reason == "OOMKilled" else "Init:Error",
                f"init container '{one.name}' ended with exit code {one.exit_code}: {words}",
                key=f"init {one.name}",
            )


def _sidecars(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    runner = pod.runner
    for one in pod.containers:
        if one.role == "sidecar" and one.reason == "CrashLoopBackOff":
            code = "" if one.exit_code is None else f", last with exit code {one.exit_code}"
            words = cut(" ".join(one.last_message.split()), _WORDS_CHARACTERS)
            # The runner may wait for it, and would do so for ever.
            is_started = runner is not None and runner.state in {"running", "terminated"}
            yield _finding(
                pod,
                place,
                "CrashLoopBackOff",
                f"sidecar '{one.name}' keeps ending{code}{': ' + words if words else ''}",
                hint=f"see its log: kubectl logs {pod.name} -c {one.name} -n {place.namespace}",
                key=f"sidecar {one.name}",
                fatal_after_s=None if is_started else SOON_S,
            )


def _endless(pod: Pod, _: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    """See whether a proxy that a service mesh injected outlives the runner, and has no end."""
    runner = pod.runner
    others = [
        one.name
        for one in pod.containers
        if one.role == "main" and one.name != RUNNER and one.state == "running"
    ]
    if pod.is_over or not others or runner is None or runner.state != "terminated":
        return
    yield _finding(
        pod,
        place,
        "NotReady",
        f"the runner has ended, but container '{others[0]}' goes on and keeps the pod alive",
        hint="make it a native sidecar, or keep it out of this pod by its injection label",
        key="endless",
        fatal_after_s=VOLUME_S,
    )


def _node_lost(pod: Pod, events: Mapping[str, KubeEvent], place: Place) -> Iterator[Finding]:
    """See what the node controller says of a silent node: an event, and a pod that is not ready."""
    ready = pod.condition("Ready")
    running = any(one.state == "running" for one in pod.containers)
    if pod.is_over or not running or ready is None or ready.holds is not False:
        return
    if "NodeNotReady" not in events:
        return
    yield _finding(
        pod,
        place,
        "NodeNotReady",
        f"node '{pod.node}' no longer answers",
        hint="see what became of it: kubectl describe node " + pod.node,
        key="node",
        fatal_after_s=SOON_S,
    )


_RULES: tuple[Callable[[Pod, Mapping[str, KubeEvent], Place], Iterator[Finding]], ...] = (
    _unschedulable,
    _image,
    _configuration,
    _mounts,
    _init_failed,
    _sidecars,
    _killed,
    _disrupted,
    _endless,
    _node_lost,
)

# Reasons of a pod that the kubelet ended or never began.
_KUBELET_REASONS: dict[str, tuple[str, str | None]] = {
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
        "made room for one of higher priority",
        "give the run a priorityClassName of its own",
    ),
    "DeletionByTaintManager": ("was removed from a node whose taint it does not tolerate", None),
    "DeletionByPodGC": ("was removed because its node is gone", None),
    "TerminationByKubelet": ("was ended by its node, which ran short or shut down", None),
}
_MISSING: tuple[tuple[str, str, str], ...] = (
    (
        r"references non-existent (secret|config) key: (\S+)",
        "it has no key '{1}'",
        "add the key, or name another one in the values",
    ),
    (
        r'(secret|configmap) "([^"]+)" not found',
        "there is no {0} '{1}' in namespace {namespace}",
        "create it, or name another one in the values",
    ),
    (
        r"couldn't find key (\S+) in (Secret|ConfigMap) (\S+)",
        "{1} '{2}' has no key '{0}'",
        "add the key, or name another one in the values",
    ),
    (
        r'persistentvolumeclaim "([^"]+)" not found',
        "there is no PersistentVolumeClaim '{0}' in namespace {namespace}",
        "create it, or name another one in the values",
    ),
    (
        r"driver name (\S+) not found in the list of registered CSI drivers",
        "the node has no CSI driver '{0}' (not registered)",
        "have the driver installed in the cluster",
    ),
    (
        r"(runAsNonRoot and image (?:will run as root|has non-numeric user)[^,;]*)",
        "the image would run as root, which the pod's security context forbids ({0})",
        "use an image whose USER is a number other than 0, or set podSecurityContext.runAsUser",
    ),
)


def _finding(
    pod: Pod,
    place: Place,
    reason: str,
    message: str,
    *,
    hint: str | None = None,
    key: str = "",
    fatal_after_s: float | None = None,
) -> Finding:
    trouble = Trouble(reason=reason, where=place.pod(pod), message=message, hint=hint)
    return Finding(trouble=trouble, key=key or reason, pod=pod.uid, fatal_after_s=fatal_after_s)


def _waiting(pod: Pod, reasons: Iterable[str]) -> Iterator[Container]:
    wanted = frozenset(reasons)
    if not pod.is_over:
        yield from (
            one for one in pod.containers if one.state == "waiting" and one.reason in wanted
        )


def _disruption(pod: Pod) -> str | None:
    found = pod.condition("DisruptionTarget")
    return found.reason or "DisruptionTarget" if found and found.holds else None


def _missing(message: str, namespace: str) -> tuple[str, str | None]:
    """Say what does not exist, and what to do."""
    words = " ".join(message.split())
    for pattern, text, hint in _MISSING:
        if found := re.search(pattern, words):
            return text.format(*found.groups(), namespace=namespace), hint
    return cut(words, _WORDS_CHARACTERS), None


def _without_prefix(message: str) -> str:
    """Leave out which volume of the pod's own failed where the cause names its source."""
    return re.sub(r"^(?:MountVolume|AttachVolume|Unable)\S* \S+ ", "", " ".join(message.split()))


def _strange_exit(code: int) -> str:
    if code == _KILLED:
        return "the runner was killed (exit code 137, SIGKILL)"
    if code == _SIGTERM:
        return "the runner was ended from outside (exit code 143, SIGTERM)"
    return f"the runner ended with exit code {code}, which is none of agentrig's own"
