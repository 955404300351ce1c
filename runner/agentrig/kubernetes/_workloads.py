"""What is particular to Deployments, StatefulSets and DaemonSets: environments and rollouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["env_of", "env_patch", "is_stuck", "label_selector", "pod_problem", "rollout_problem"]


def env_of(workload: Mapping[str, Any]) -> dict[str, str]:
    """Read the literal environment variables of all containers."""
    return {
        variable["name"]: variable.get("value") or ""
        for container in _containers(workload)
        for variable in container.get("env") or ()
        if variable.get("valueFrom") is None
    }


def env_patch(
    workload: Mapping[str, Any], env: Mapping[str, str | None], *, container: str | None, text: str
) -> dict[str, Any]:
    """Make the strategic merge patch that sets `env` in one container, or in all of them.

    Raises UsageError for a container that is not there.
    """
    containers = {one["name"]: one for one in _containers(workload)}
    if container is not None and container not in containers:
        raise UsageError(f"{text} has no container '{container}': {', '.join(containers)}")
    patched = []
    for name in [container] if container else containers:
        elsewhere = {
            one["name"] for one in containers[name].get("env") or () if one.get("valueFrom")
        }
        variables: list[dict[str, Any]] = []
        for key, value in env.items():
            if value is None:
                variables.append({"name": key, "$patch": "delete"})
            elif key in elsewhere:
                # A variable may not have both.
                variables.append({"name": key, "value": value, "valueFrom": None})
            else:
                variables.append({"name": key, "value": value})
        patched.append({"name": name, "env": variables})
    return {"spec": {"template": {"spec": {"containers": patched}}}}


def rollout_problem(workload: Mapping[str, Any]) -> str | None:
    """Say what a rollout still waits for, by the rules of `kubectl rollout status`."""
    spec, status = workload["spec"], workload.get("status") or {}
    if not _is_seen(workload):
        return "the controller has not seen the change"
    if "desiredNumberScheduled" in status:  # a DaemonSet
        wanted = status["desiredNumberScheduled"]
        updated = status.get("updatedNumberScheduled", 0)
        available = status.get("numberAvailable", 0)
        left, kept = 0, 0
    else:
        wanted = spec.get("replicas", 1)
        updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
        # A StatefulSet with a partition leaves those below it as they are.
        rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
        kept = min(rolling.get("partition") or 0, wanted)
        left = 0 if kept else status.get("replicas", 0) - updated
    if updated < wanted - kept:
        paused = ": the Deployment is paused" if spec.get("paused") else ""
        return f"{updated} of {wanted - kept} replicas updated{paused}"
    if left > 0:
        return f"{left} old replicas not yet gone"
    if available < wanted:
        return f"{available} of {wanted} replicas available"
    return None


def is_stuck(workload: Mapping[str, Any]) -> bool:
    """Whether a Deployment's own `progressDeadlineSeconds` are over."""
    return _is_seen(workload) and any(
        one.get("reason") == "ProgressDeadlineExceeded"
        for one in (workload.get("status") or {}).get("conditions") or ()
    )


def pod_problem(pod: Mapping[str, Any]) -> str | None:
    """Say why a pod is not ready, as far as it tells: the image, a crash, no node."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    for container in (
        *status.get("initContainerStatuses", ()),
        *status.get("containerStatuses", ()),
    ):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in {None, "ContainerCreating", "PodInitializing"}:
            said = ": ".join(filter(None, (waiting["reason"], waiting.get("message"))))
            return f"pod {name}, container {container['name']}: {said}"
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"pod {name}: {condition.get('message') or condition.get('reason')}"
    return None


def label_selector(workload: Mapping[str, Any]) -> str:
    """Write as the query of a list which pods belong to a workload, a Job or a Service.

    Raises UsageError for an object that has none.
    """
    selector = (workload.get("spec") or {}).get("selector")
    if not selector:
        name = f"{workload.get('kind', 'object').lower()}/{workload['metadata']['name']}"
        raise UsageError(f"{name} has no pods of its own: name a pod, a workload or a selector")
    if workload.get("kind") == "Service":
        selector = {"matchLabels": selector}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        key, values = one["key"], ",".join(one.get("values") or ())
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[one["operator"]]
        )
    return ",".join(parts)


def _is_seen(workload: Mapping[str, Any]) -> bool:
    observed: int = (workload.get("status") or {}).get("observedGeneration", 0)
    generation: int = workload["metadata"].get("generation", 0)
    return observed >= generation


def _containers(workload: Mapping[str, Any]) -> list[dict[str, Any]]:
    containers: list[dict[str, Any]] = workload["spec"]["template"]["spec"]["containers"]
    return containers
