"""A stand-in for the part of the Kubernetes API that flips a deployment's environment.

`GET` and strategic-merge `PATCH` of Deployments, so that a test module that patches a sidecar is
the same in a cluster and in the embedded demo. The embedded demo lies in no namespace: whichever
is asked for (a run in a pod asks for its own) has its deployments. A patch really restarts
the workload, and the status follows it as a Deployment's does (counts of 0 are left out). What
is not understood is refused with a Status, never ignored.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from agentrig.demo.bodies import json_app, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from agentrig.demo.workload import Workload

__all__ = ["kube_app"]

_STRATEGIC_MERGE = "application/strategic-merge-patch+json"
_LARGEST_PATCH_BYTES = 256 * 1024


def kube_app(workloads: Iterable[Workload]) -> Starlette:
    """Build the stand-in over these workloads, each of which is shown as a Deployment."""
    api = _Api(workloads)
    path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    app = json_app(Route(path, api.get, methods=["GET"]), Route(path, api.patch, methods=["PATCH"]))
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


class _Api:
    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._workloads = {workload.name: workload for workload in workloads}
        self._uids = {name: str(uuid.uuid4()) for name in self._workloads}
        self._created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    async def get(self, request: Request) -> Response:
        return self._answer(request, self._find(request))

    async def patch(self, request: Request) -> Response:
        workload = self._find(request)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip()
        if content_type != _STRATEGIC_MERGE:
            raise HTTPException(415, f"the body of a patch must be {_STRATEGIC_MERGE}")
        patch = await read_json(request, limit_bytes=_LARGEST_PATCH_BYTES)
        environment, annotations = _merged(workload, patch)
        if (environment, annotations) != (workload.environment, workload.annotations):
            workload.replace(environment=environment, annotations=annotations)
        return self._answer(request, workload)

    def _find(self, request: Request) -> Workload:
        name = request.path_params["name"]
        workload = self._workloads.get(name)
        if workload is None:
            raise HTTPException(404, f'deployments.apps "{name}" not found')
        return workload

    def _answer(self, request: Request, workload: Workload) -> Response:
        namespace = request.path_params["namespace"]
        return JSONResponse(self._deployment(workload, namespace=namespace))

    def _deployment(self, workload: Workload, *, namespace: str) -> dict[str, Any]:
        labels = {"app.kubernetes.io/name": workload.name}
        container = {
            "name": workload.container,
            "image": "agentrig-demo:embedded",
            "env": [{"name": k, "value": v} for k, v in workload.environment.items()],
            "ports": [{"containerPort": port} for port in workload.ports],
        }
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
                "labels": labels,
            },
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "strategy": {"type": "Recreate"},
                "template": {
                    "metadata": {"labels": labels, "annotations": workload.annotations},
                    "spec": {"containers": [container]},
                },
            },
            "status": _status(workload),
        }


def _status(workload: Workload) -> dict[str, Any]:
    up = workload.available and workload.observed_generation == workload.generation
    counted = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    counts = dict.fromkeys(counted, 1) if up else {"unavailableReplicas": 1}
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


def _merged(workload: Workload, patch: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    spec = _only(patch, "the patch", "spec", "apiVersion", "kind", "metadata").get("spec", {})
    template = _only(spec, "spec", "template").get("template", {})
    parts = _only(template, "spec.template", "metadata", "spec")
    metadata = _only(parts.get("metadata", {}), "spec.template.metadata", "annotations")
    annotations = dict(workload.annotations)
    for key, value in _object(metadata.get("annotations", {}), "annotations").items():
        _set(annotations, key, value, at="an annotation")
    pod = _only(parts.get("spec", {}), "spec.template.spec", "containers")
    environment = dict(workload.environment)
    for container in _list(pod.get("containers", []), "containers"):
        fields = _only(container, "a container", "name", "env")
        if fields.get("name") != workload.container:
            raise HTTPException(
                422, f"{workload.name} has one container, '{workload.container}', and no other"
            )
        for variable in _list(fields.get("env", []), "env"):
            entry = _only(variable, "an env entry", "name", "value", "$patch")
            name = entry.get("name")
            if not isinstance(name, str) or not name:
                raise HTTPException(422, "an env entry needs a name")
            if entry.get("$patch", "delete") != "delete":
                raise HTTPException(422, "of patch directives the stand-in has only delete")
            value = None if "$patch" in entry else entry.get("value", "")
            _set(environment, name, value, at=f"env '{name}'")
    return environment, annotations


def _set(values: dict[str, str], key: str, value: object, *, at: str) -> None:
    if value is None:
        values.pop(key, None)
    elif isinstance(value, str):
        values[key] = value
    else:
        raise HTTPException(422, f"{at} must have a text as its value")


def _only(value: object, at: str, *known: str) -> dict[str, Any]:
    fields = _object(value, at)
    unknown = [key for key in fields if key not in known]
    if unknown:
        raise HTTPException(422, f"the stand-in cannot patch '{unknown[0]}' of {at}")
    return fields


def _object(value: object, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HTTPException(422, f"{at} must be an object")
    return value


def _list(value: object, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise HTTPException(422, f"{at} must be a list")
    return value


async def _on_http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # pragma: no cover - registered for no other class
        raise error
    reasons = {422: "Invalid"}
    phrase = HTTPStatus(error.status_code).phrase.title().replace(" ", "")
    status = {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "message": error.detail,
        "reason": reasons.get(error.status_code, phrase),
        "code": error.status_code,
    }
    return JSONResponse(status, status_code=error.status_code)
