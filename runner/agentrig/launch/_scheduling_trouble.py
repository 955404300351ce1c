"""Why no node takes a pod, in other words than the scheduler's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig.launch._missing import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["scheduling_hint", "scheduling_problem"]

_NODES = re.compile(r"^0/(\d+) nodes are available:\s*")
# What follows tells of pods that might have made room, and of devices.
_BEYOND = re.compile(r"\.? (?:no new claims to deallocate|preemption:)")
_COUNTED = re.compile(r"^(\d+) (.*)$")
# The scheduler's words to ours, for one node and for several; {0} is what it names, {asks} what
# the pod asks for of it.
_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"Insufficient (\S+)", "has too little {0} left{asks}", "have too little {0} left{asks}"),
    (r"Too many pods", "holds all the pods that it may", "hold all the pods that they may"),
    (
        r"node\(s\) had untolerated taints?(?: \{(.*)\})?",
        "has a taint that the pod does not tolerate ({0})",
        "have a taint that the pod does not tolerate ({0})",
    ),
    (
        r"node\(s\) didn't match Pod's node affinity(?:/selector)?",
        "is not what nodeSelector or affinity asks for",
        "are not what nodeSelector or affinity asks for",
    ),
    (
        r"node\(s\) didn't match pod (?:anti-)?affinity rules",
        "has pods that affinity keeps apart",
        "have pods that affinity keeps apart",
    ),
    (
        r"node\(s\) didn't match pod topology spread constraints.*",
        "would break topologySpreadConstraints",
        "would break topologySpreadConstraints",
    ),
    (r"node\(s\) were unschedulable", "is cordoned", "are cordoned"),
    (
        r"node\(s\) had volume node affinity conflict",
        "cannot reach the pod's volume",
        "cannot reach the pod's volume",
    ),
    (
        r"node\(s\) didn't have free ports.*",
        "has the pod's port in use",
        "have the pod's port in use",
    ),
)
_HINTS = (
    (r"Insufficient", "ask for less in resources.requests, or add a node"),
    (r"taint", "add to tolerations what these nodes ask for"),
    (r"persistentvolumeclaim \"[^\"]*\" not found", "create the claim, or name another one"),
    (r"unbound|PersistentVolumeClaim", "see why the claim is not bound: kubectl describe pvc"),
    (r"affinity|topology spread", "change nodeSelector, affinity or topologySpreadConstraints"),
)


def scheduling_problem(message: str, requests: Mapping[str, str], *, namespace: str) -> str:
    """Say what the scheduler's `message` says; `requests` is what the pod asks for."""
    message = " ".join(message.split())
    if not message:
        return "no node takes the pod"
    found = _NODES.match(message)
    if not found:
        return f"no node takes the pod: {message.rstrip('.')}"
    reasons = _BEYOND.split(message[found.end() :])[0]
    missed = missing(reasons, namespace=namespace)
    if missed.is_certain:
        return missed.why
    nodes = int(found[1][:9])
    if not nodes:
        return "no node takes the pod: the cluster has none that is ready"
    said = ", ".join(_say(one, requests) for one in _split(reasons.rstrip(". ")))
    return f"no node takes the pod: of {nodes} node{'s' * (nodes != 1)}, {said}"


def scheduling_hint(message: str) -> str | None:
    """Say what to do, where that is known."""
    return next((hint for pattern, hint in _HINTS if re.search(pattern, message)), None)


def _split(reasons: str) -> list[str]:
    """Split at commas; one within braces belongs to a taint."""
    return re.split(r",\s+(?![^{]*\})", reasons)


def _say(reason: str, requests: Mapping[str, str]) -> str:
    counted = _COUNTED.match(reason)
    if not counted:
        return reason
    count, words = counted.groups()
    for pattern, one, several in _WORDS:
        if found := re.fullmatch(pattern, words):
            named = (found[1] if found.groups() else "") or "unknown"
            asks = f" (the pod asks for {requests[named]})" if named in requests else ""
            return f"{count} {(one if count == '1' else several).format(named, asks=asks)}"
    return f"{count} {words}"
