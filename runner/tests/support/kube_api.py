"""A Kubernetes API that holds objects in memory, and answers as a test tells it to."""

from __future__ import annotations

import http.server
import json
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Asked", "KubeApi", "forbidden", "running_kube_api"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str


Answer = tuple[int, Any]


@dataclass
class KubeApi:
    """`objects` by their path; `rules` come first, and give None to leave a request to them."""

    url: str = ""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: list[Callable[[Asked], Answer | None]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    dropped: int = 0
    """How many of the next requests end with their connection."""

    def put(self, path: str, **content: Any) -> dict[str, Any]:
        """Put an object there, as if it had been for long."""
        *_, namespace, _, name = path.split("/")
        metadata = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()), "generation": 1}
        found = {**content, "metadata": {**metadata, **content.get("metadata", {})}}
        self.objects[path] = found
        return found

    def on(self, method: str, path: str, answer: Callable[[Asked], Answer] | Answer) -> None:
        """Answer this request so from now on."""

        def rule(asked: Asked) -> Answer | None:
            if (asked.method, asked.path) != (method, path):
                return None
            return answer(asked) if callable(answer) else answer

        self.rules.insert(0, rule)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for rule in self.rules:
            if found := rule(asked):
                return found
        there = self.objects.get(asked.path)
        if asked.method == "PATCH" and "apply-patch" in asked.content_type and there is None:
            return 201, self.put(asked.path, **asked.body)
        if asked.method == "GET" and asked.path.endswith("/pods"):
            items = [one for path, one in self.objects.items() if path.startswith(asked.path + "/")]
            return 200, {"kind": "PodList", "metadata": {}, "items": items}
        if there is None:
            return 404, status(404, "NotFound", f'"{asked.path.rpartition("/")[2]}" not found')
        if asked.method == "DELETE":
            del self.objects[asked.path]
            return 200, status(200, "", "")
        if asked.method == "PATCH":
            before = json.dumps(there.get("spec"))
            merged = merge(there, asked.body)
            if json.dumps(merged.get("spec")) != before:
                merged["metadata"]["generation"] += 1
            self.objects[asked.path] = merged
        return 200, self.objects[asked.path]


def merge(target: Any, patch: Any) -> Any:
    """Apply a merge patch, RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message}


def forbidden(verb: str, resource: str, group: str = "", *, cluster: bool = False) -> Answer:
    """Refuse in the API server's own words."""
    scope = "at the cluster scope" if cluster else 'in the namespace "demo"'
    return 403, status(
        403,
        "Forbidden",
        f'{resource}.{group} "x" is forbidden: User "system:serviceaccount:demo:agentrig" cannot '
        f'{verb} resource "{resource}" in API group "{group}" {scope}',
    )


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that have gone, as those of steps that were cut off."""


@contextmanager
def running_kube_api() -> Iterator[KubeApi]:
    """Serve an empty API on a port of its own."""
    api = KubeApi()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            if api.dropped:
                api.dropped -= 1
                self.close_connection = True
                return
            url = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                path=unquote(url.path),
                query=dict(parse_qsl(url.query)),
                body=json.loads(sent) if sent else None,
                content_type=self.headers.get("content-type", ""),
            )
            code, content = api.answer(asked)
            text = content if isinstance(content, str) else json.dumps(content)
            body = text.encode()
            self.send_response(code)
            kind = "text/plain" if isinstance(content, str) else "application/json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            for name, value in api.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PATCH = do_DELETE = do_POST = _answer  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        api.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield api
        finally:
            server.shutdown()
