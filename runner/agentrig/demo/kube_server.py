"""A stand-in for the part of the Kubernetes API that tests of the demo use.

Deployments (`GET`, and every kind of `PATCH` but apply, of environment, annotations and replicas), their
pods with logs and `exec` of `printenv`, and ConfigMaps in memory, so that a scenario or module
that changes a cluster is the same in the embedded demo. The embedded demo lies in no namespace:
whichever is asked for (a run in a pod asks for its own) has its deployments. A patch really
restarts the workload, and the status follows it as a Deployment's does. What is not understood
is refused with a Status, never ignored.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from agentrig.demo.bodies import json_app, read_body, read_json
from agentrig.demo.kube_config_maps import ConfigMaps
from agentrig.demo.kube_deployments import Deployments
from agentrig.demo.kube_patches import JSON_PATCH
from agentrig.demo.kube_pods import execute, log_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from agentrig.demo.workload import Workload

__all__ = ["kube_app"]

_LARGEST_PATCH_BYTES = 256 * 1024


def kube_app(workloads: Iterable[Workload]) -> Starlette:
    """Build the stand-in over these workloads, each of which is shown as a Deployment."""
    api = _Api(workloads)
    deployment = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    core = "/api/v1/namespaces/{namespace}"
    app = json_app(
        Route(deployment, api.get_deployment, methods=["GET"]),
        Route(deployment, api.patch_deployment, methods=["PATCH"]),
        Route(f"{core}/configmaps/{{name}}", api.get_config_map, methods=["GET"]),
        Route(f"{core}/configmaps/{{name}}", api.patch_config_map, methods=["PATCH"]),
        Route(f"{core}/configmaps/{{name}}", api.delete_config_map, methods=["DELETE"]),
        Route(f"{core}/pods", api.list_pods, methods=["GET"]),
        Route(f"{core}/pods/{{name}}", api.get_pod, methods=["GET"]),
        Route(f"{core}/pods/{{name}}/log", api.read_log, methods=["GET"]),
    )
    app.router.routes.append(WebSocketRoute(f"{core}/pods/{{name}}/exec", api.execute))
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


class _Api:
    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._deployments = Deployments(workloads)
        self._config_maps = ConfigMaps()

    async def get_deployment(self, request: Request) -> Response:
        return JSONResponse(self._deployments.get(**request.path_params))

    async def patch_deployment(self, request: Request) -> Response:
        patch, content_type = await _patch(request)
        found = self._deployments.patch(
            patch=patch, content_type=content_type, **request.path_params
        )
        return JSONResponse(found)

    async def get_config_map(self, request: Request) -> Response:
        return JSONResponse(self._config_maps.get(**request.path_params))

    async def patch_config_map(self, request: Request) -> Response:
        patch, content_type = await _patch(request)
        found = self._config_maps.patch(
            patch=patch, content_type=content_type, **request.path_params
        )
        return JSONResponse(found)

    async def delete_config_map(self, request: Request) -> Response:
        self._config_maps.delete(**request.path_params)
        return JSONResponse({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    async def list_pods(self, request: Request) -> Response:
        pairs = filter(None, request.query_params.get("labelSelector", "").split(","))
        labels = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
        pods = self._deployments.pods(labels=labels, **request.path_params)
        content = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": pods}
        return JSONResponse(content)

    async def get_pod(self, request: Request) -> Response:
        return JSONResponse(self._deployments.pod(**request.path_params)[0])

    async def read_log(self, request: Request) -> Response:
        _, workload = self._deployments.pod(**request.path_params)
        return PlainTextResponse(log_of(workload, request.query_params))

    async def execute(self, socket: WebSocket) -> None:
        _, workload = self._deployments.pod(**socket.path_params)
        await execute(socket, workload, socket.query_params.getlist("command"))


async def _patch(request: Request) -> tuple[Any, str]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type != JSON_PATCH:
        return await read_json(request, limit_bytes=_LARGEST_PATCH_BYTES), content_type
    body = await read_body(request, limit_bytes=_LARGEST_PATCH_BYTES)
    try:
        return json.loads(body), content_type
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None


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
