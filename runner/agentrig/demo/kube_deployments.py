"""The demo's workloads as Deployments of the Kubernetes stand-in, and as their pods."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from agentrig.demo.kube_patches import patched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.demo.workload import Workload

__all__ = ["Deployments", "timestamp"]

_LABEL = "app.kubernetes.io/name"


class Deployments:
    """Workloads by name; a Deployment has one replica or none, and one pod."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        """Show each of these as a Deployment."""
        self._workloads = {workload.name: workload for workload in workloads}
        self._uids = {name: str(uuid.uuid4()) for name in self._workloads}
        self._created = timestamp(datetime.now(UTC))

    def get(self, name: str, *, namespace: str) -> dict[str, Any]:
        """Give a Deployment. Raises HTTPException 404."""
        return self._deployment(self._find(name), namespace=namespace)

    def patch(self, name: str, patch: Any, *, content_type: str, namespace: str) -> dict[str, Any]:
        """Change environment, annotations and replicas; everything else is refused with 422."""
        workload = self._find(name)
        before = self._deployment(workload, namespace=namespace)
        wanted = patched(before, patch, content_type)
        try:
            container = wanted["spec"]["template"]["spec"]["containers"][0]
            environment = {one["name"]: one.get("value", "") for one in container.get("env", ())}
            annotations = wanted["spec"]["template"]["metadata"].get("annotations", {})
            replicas = wanted["spec"]["replicas"]
        except (KeyError, IndexError, TypeError, AttributeError):
            raise HTTPException(422, "the patch leaves no Deployment") from None
        if not all(isinstance(one, str) for one in (*environment.values(), *annotations.values())):
            raise HTTPException(422, "variables and annotations must have texts as values")
        if replicas not in {0, 1}:
            raise HTTPException(422, "a Deployment of the stand-in has one replica or none")
        spec = _spec(workload, environment=environment, annotations=annotations, replicas=replicas)
        # What is left out of the one container would come back: say so instead.
        if wanted != {**before, "spec": spec}:
            raise HTTPException(
                422, "the stand-in can patch env, annotations of the template, and replicas"
            )
        if spec != before["spec"]:
            workload.replace(environment=environment, annotations=annotations, replicas=replicas)
        return self._deployment(workload, namespace=namespace)

    def pods(self, *, namespace: str, labels: dict[str, str]) -> list[dict[str, Any]]:
        """List the pods that have these labels."""
        return [
            self._pod(workload, namespace=namespace)
            for workload in self._workloads.values()
            if workload.replicas and labels.items() <= {_LABEL: workload.name}.items()
        ]

    def pod(self, name: str, *, namespace: str) -> tuple[dict[str, Any], Workload]:
        """Give a pod and the workload behind it. Raises HTTPException 404."""
        for workload in self._workloads.values():
            found = self._pod(workload, namespace=namespace)
            if workload.replicas and found["metadata"]["name"] == name:
                return found, workload
        raise HTTPException(404, f'pods "{name}" not found')

    def _find(self, name: str) -> Workload:
        workload = self._workloads.get(name)
        if workload is None:
            raise HTTPException(404, f'deployments.apps "{name}" not found')
        return workload

    def _deployment(self, workload: Workload, *, namespace: str) -> dict[str, Any]:
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": workload.name,
                "namespace": namespace,
                "uid": self._uids[workload.name],
                "creationTimestamp": self._created,
                "generation": workload.generation,
                "resourceVersion": _resource_version(workload),
                "labels": {_LABEL: workload.name},
            },
            "spec": _spec(
                workload,
                environment=workload.environment,
                annotations=workload.annotations,
                replicas=workload.replicas,
            ),
            "status": _status(workload),
        }

    def _pod(self, workload: Workload, *, namespace: str) -> dict[str, Any]:
        # Each generation has a pod of its own, as each replica set of a Deployment has.
        suffix = f"{self._uids[workload.name][:8]}-{workload.observed_generation}"
        ready = "True" if workload.available else "False"
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{workload.name}-{suffix}",
                "namespace": namespace,
                "uid": suffix,
                "resourceVersion": _resource_version(workload),
                "labels": {_LABEL: workload.name},
            },
            "spec": {"containers": [{"name": workload.container}]},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [{"name": workload.container, "ready": workload.available}],
            },
        }


def timestamp(when: datetime) -> str:
    """Write a time as the API does in the fields of objects."""
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def _spec(
    workload: Workload, *, environment: dict[str, str], annotations: dict[str, str], replicas: int
) -> dict[str, Any]:
    labels = {_LABEL: workload.name}
    container = {
        "name": workload.container,
        "image": "agentrig-demo:embedded",
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "ports": [{"containerPort": port} for port in workload.ports],
    }
    return {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "strategy": {"type": "Recreate"},
        "template": {
            "metadata": {"labels": labels, "annotations": annotations},
            "spec": {"containers": [container]},
        },
    }


def _status(workload: Workload) -> dict[str, Any]:
    seen = workload.observed_generation == workload.generation
    up = seen and (workload.available or workload.replicas == 0)
    counted = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    # Counts of 0 are left out.
    counts = dict.fromkeys(counted, 1) if up else {"unavailableReplicas": 1}
    if workload.replicas == 0 and seen:
        counts = {}
    condition = {
        "type": "Available",
        "status": "True" if up else "False",
        "reason": "MinimumReplicasAvailable" if up else "MinimumReplicasUnavailable",
        "message": workload.failure or "",
    }
    return {"observedGeneration": workload.observed_generation, **counts, "conditions": [condition]}


def _resource_version(workload: Workload) -> str:
    # Grows with every change that can be seen: asked for, acted upon, served.
    return str(workload.generation + workload.observed_generation + workload.available)
