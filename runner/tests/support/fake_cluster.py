"""A Kubernetes API whose collections can be watched, and whose pods log, as a test drives them.

It is a real HTTP server on loopback. What the test puts, changes and deletes is told to every
watch, in order; `forget` makes old versions answer 410, `drop` breaks every connection that is
open. Requests beyond lists, watches, objects and logs are answered by `on`.
"""

from __future__ import annotations

import copy
import http.server
import json
import socket
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.kube_api import Asked, merge, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FakeCluster", "FakeLog", "running_fake_cluster"]

NAMESPACE = "demo"
GROUPS = {"jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1", "nodes": "/api/v1"}
CLUSTER_WIDE = {"nodes", "namespaces"}
Answer = tuple[int, Any]


@dataclass
class FakeLog:
    """What one container has logged; each line is stamped with `at`, or a second after the last."""

    changed: threading.Condition
    lines: list[tuple[str, str]] = field(default_factory=list)
    is_over: bool = False
    refusals: list[Answer] = field(default_factory=list)
    """What the next requests are answered with instead."""
    hidden: set[int] = field(default_factory=set)
    """Lines, by their place, that a stream which follows leaves out."""

    def write(self, *texts: str, at: str | None = None) -> None:
        with self.changed:
            for text in texts:
                minute, second = divmod(len(self.lines), 60)
                hour, minute = divmod(minute, 60)
                stamp = at or f"2026-11-21T{hour:02}:{minute:02}:{second:02}.5Z"
                self.lines.append((stamp, text))
            self.changed.notify_all()

    def end(self) -> None:
        with self.changed:
            self.is_over = True
            self.changed.notify_all()


@dataclass
class FakeCluster:
    """The collections by their path, and what was asked for."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    watch_s: float = 3600.0
    """A watch that would last longer is ended after this time."""

    def __post_init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._objects: dict[str, dict[str, dict[str, Any]]] = {}
        self._history: list[tuple[int, str, str, dict[str, Any]]] = []
        self._version = 100
        self._forgotten = 0
        self._epoch = 0
        self.rules: list[Callable[[Asked], Answer | Iterator[str] | None]] = []
        self._logs: dict[tuple[str, str], FakeLog] = {}
        self._is_closed = False
        self.sockets: set[socket.socket] = set()

    def put(
        self, kind: str, found: dict[str, Any], *, namespace: str = NAMESPACE
    ) -> dict[str, Any]:
        """Create an object, or replace the one of its name; `kind` is `jobs`, `pods`, ..."""
        with self.changed:
            collection = self.path(kind, namespace)
            name = found["metadata"]["name"]
            before = self._objects.setdefault(collection, {}).get(name)
            made = copy.deepcopy(found)
            uid = before["metadata"]["uid"] if before else str(uuid.uuid4())
            created = f"2026-11-21T12:00:{len(self._history) % 60:02}Z"
            made["metadata"] = {
                **({} if kind in CLUSTER_WIDE else {"namespace": namespace}),
                "uid": uid,
                "creationTimestamp": created,
                **made["metadata"],
            }
            self._tell("MODIFIED" if before else "ADDED", collection, made)
            return made

    def change(
        self, kind: str, name: str, patch: dict[str, Any], *, namespace: str = NAMESPACE
    ) -> dict[str, Any]:
        """Change an object by a merge patch."""
        with self.changed:
            collection = self.path(kind, namespace)
            made = merge(self._objects[collection][name], patch)
            self._tell("MODIFIED", collection, made)
            return dict(made)

    def delete(self, kind: str, name: str, *, namespace: str = NAMESPACE) -> None:
        with self.changed:
            collection = self.path(kind, namespace)
            self._tell("DELETED", collection, dict(self._objects[collection][name]))
            del self._objects[collection][name]

    def find(self, kind: str, name: str, *, namespace: str = NAMESPACE) -> dict[str, Any]:
        """Give an object as it is."""
        with self.changed:
            return copy.deepcopy(self._objects[self.path(kind, namespace)][name])

    def log(self, pod: str, container: str = "runner") -> FakeLog:
        """Give the log of a container, which has started from then on."""
        with self.changed:
            return self._logs.setdefault((pod, container), FakeLog(self.changed))

    def on(self, method: str, path: str, answer: Callable[[Asked], Answer] | Answer) -> None:
        """Answer this request so from now on."""

        def rule(asked: Asked) -> Answer | None:
            if (asked.method, asked.path) != (method, path):
                return None
            return answer(asked) if callable(answer) else answer

        self.rules.insert(0, rule)

    def bookmark(self) -> None:
        """Tell every watch the newest version."""
        with self.changed:
            self._version += 1
            for collection in self._objects:
                self._history.append((self._version, collection, "BOOKMARK", {}))
            self.changed.notify_all()

    def forget(self) -> None:
        """Answer 410 for every version until now, and end the watches that are open."""
        with self.changed:
            self._forgotten = self._version
            self._version += 1
            self._epoch += 1
            self.changed.notify_all()

    def drop(self) -> None:
        """Break every connection that is open."""
        with self.changed:
            for one in list(self.sockets):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def path(self, kind: str, namespace: str = NAMESPACE) -> str:
        """Give the path of a collection."""
        scope = "" if kind in CLUSTER_WIDE else f"/namespaces/{namespace}"
        return f"{GROUPS.get(kind, '/api/v1')}{scope}/{kind}"

    def watches(self, kind: str) -> list[str]:
        """List the versions from which a kind was watched so far."""
        path = self.path(kind)
        asked = [one.query for one in self.asked if one.path == path and "watch" in one.query]
        return [query["resourceVersion"] for query in asked]

    def wait_for(self, holds: Callable[[], bool], *, within_s: float = 60.0) -> None:
        """Wait for requests, or for what else comes of them, as in files."""
        until = time.monotonic() + within_s
        with self.changed:
            while not holds():
                assert time.monotonic() < until, "it has not come in time"
                self.changed.wait(0.02)

    def _tell(self, what: str, collection: str, found: dict[str, Any]) -> None:
        self._version += 1
        found["metadata"] = {**found["metadata"], "resourceVersion": str(self._version)}
        if what != "DELETED":
            self._objects.setdefault(collection, {})[found["metadata"]["name"]] = found
        self._history.append((self._version, collection, what, copy.deepcopy(found)))
        self.changed.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self.changed:
            self._is_closed = True
            self.changed.notify_all()
        self.drop()

    def answer(self, asked: Asked) -> Answer | Iterator[str]:
        """Answer a request, some as a stream of text."""
        with self.changed:
            self.asked.append(asked)
            self.changed.notify_all()
            for rule in self.rules:
                if found := rule(asked):
                    return found
            if asked.path.endswith("/log"):
                return self._answer_log(asked)
            if asked.query.get("watch") == "true":
                return (json.dumps(one) + "\n" for one in self._watch(asked))
            return self._answer_object(asked)

    def _answer_object(self, asked: Asked) -> Answer:
        collection, _, name = asked.path.rpartition("/")
        if asked.method == "GET" and asked.path.endswith(_PLURALS):
            there = self._objects.get(asked.path, {}).values()
            items = [one for one in there if _is_chosen(one, asked.query)]
            version = {"resourceVersion": str(self._version)}
            return 200, {"kind": "List", "metadata": version, "items": items}
        found = self._objects.get(collection, {}).get(name)
        if found is None:
            return 404, status(404, "NotFound", f'"{name}" not found')
        if asked.method == "DELETE":
            *_, kind = collection.split("/")
            self.delete(kind, name, namespace=found["metadata"].get("namespace", NAMESPACE))
        return 200, found

    def _watch(self, asked: Asked) -> Iterator[Any]:
        since, epoch = int(asked.query["resourceVersion"]), self._epoch
        until = time.monotonic() + min(self.watch_s, float(asked.query["timeoutSeconds"]))
        place = 0
        while True:
            with self.changed:
                is_gone = since <= self._forgotten or epoch != self._epoch
                new, place = self._history[place:], len(self._history)
            if is_gone:
                yield {"type": "ERROR", "object": status(410, "Expired", "too old")}
                return
            for version, collection, what, found in new:
                if version > since and collection == asked.path:
                    if what == "BOOKMARK":
                        mark = {"metadata": {"resourceVersion": str(version)}}
                        yield {"type": "BOOKMARK", "object": mark}
                    elif _is_chosen(found, asked.query):
                        yield {"type": what, "object": found}
            with self.changed:
                left = until - time.monotonic()
                if left <= 0 or self._is_closed:
                    return
                if len(self._history) == place and epoch == self._epoch:
                    self.changed.wait(left)

    def _read(self, log: FakeLog, query: dict[str, str]) -> Iterator[str]:
        follows, place = query.get("follow") == "true", 0
        since = query.get("sinceTime", "")[:19]
        while True:
            with self.changed:
                new, begin = log.lines[place:], place
                place, is_over = len(log.lines), log.is_over
            for number, (stamp, text) in enumerate(new, begin):
                if stamp[:19] >= since and not (follows and number in log.hidden):
                    yield f"{stamp} {text}\n"
            if is_over or not follows or self._is_closed:
                return
            with self.changed:
                if len(log.lines) == place and not log.is_over:
                    self.changed.wait(60)

    def _answer_log(self, asked: Asked) -> Answer | Iterator[str]:
        collection, name, _ = asked.path.rsplit("/", 2)
        if name not in self._objects.get(collection, {}):
            return 404, status(404, "NotFound", f'pods "{name}" not found')
        log = self._logs.get((name, asked.query["container"]))
        if log is None:
            return 400, status(400, "BadRequest", "the container is waiting to start")
        return log.refusals.pop(0) if log.refusals else self._read(log, asked.query)


_PLURALS = ("/jobs", "/pods", "/events", "/nodes", "/secrets", "/configmaps", "/cronjobs")


def _is_chosen(found: dict[str, Any], query: dict[str, str]) -> bool:
    labels = found["metadata"].get("labels", {})
    for part in filter(None, query.get("labelSelector", "").split(",")):
        key, _, value = part.partition("=")
        if labels.get(key) != value:
            return False
    for part in filter(None, query.get("fieldSelector", "").split(",")):
        path, _, value = part.partition("=")
        at: Any = found
        for key in path.split("."):
            at = at.get(key, {})
        if at != value:
            return False
    return True


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: ClassVar[FakeCluster]

    def setup(self) -> None:
        super().setup()
        self.cluster.sockets.add(self.connection)

    def finish(self) -> None:
        self.cluster.sockets.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query)),
            body=json.loads(sent) if sent else None,
            content_type=self.headers.get("content-type", ""),
        )
        answer = self.cluster.answer(asked)
        if isinstance(answer, tuple):
            self._send(*answer)
        else:
            self._stream(answer)

    def _send(self, code: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, parts: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in parts:
            body = part.encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_PATCH = do_DELETE = do_POST = _answer  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that a test broke."""


@contextmanager
def running_fake_cluster() -> Iterator[FakeCluster]:
    """Serve an empty cluster on a port of its own."""
    cluster = FakeCluster()
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        cluster.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield cluster
        finally:
            cluster.close()
            server.shutdown()
