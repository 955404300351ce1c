"""The cluster fixture's class, against the demo's stand-in and against servers that misbehave."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.demo.embedded import Demo, running_demo
from agentrig.errors import ClusterError, UsageError
from agentrig.kubernetes import Cluster, KubernetesSettings, _api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clock import Clock

SIDECAR = "deployment/gymcoach-sidecar"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo() as running:
        yield running


@contextmanager
def cluster_at(
    server: str | None,
    *,
    context: str | None = None,
    on_rollout: Callable[[], None] | None = None,
    **options: Any,
) -> Iterator[Cluster]:
    settings = KubernetesSettings(
        namespace="demo", server=server, context=context, on_rollout=on_rollout
    )
    cluster = Cluster(settings, **options)
    try:
        yield cluster
    finally:
        cluster.close()


@contextmanager
def api(status: int, body: bytes, content_type: str = "application/json") -> Iterator[str]:
    """Answer every request in the same way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response_only(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PATCH = _answer  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def deployment(**status: int) -> bytes:
    template = {"spec": {"containers": [{"name": "one"}]}}
    return json.dumps(
        {
            "metadata": {"name": "x", "namespace": "demo", "generation": 2},
            "spec": {"replicas": 2, "selector": {"matchLabels": {}}, "template": template},
            "status": status,
        }
    ).encode()


ROLLED_OUT = {
    "observedGeneration": 2,
    "replicas": 2,
    "updatedReplicas": 2,
    "availableReplicas": 2,
}


def test_a_rollout_ends_when_all_replicas_are_new_and_available() -> None:
    calls: list[str] = []
    with (
        api(200, deployment(**ROLLED_OUT)) as server,
        cluster_at(server, on_rollout=lambda: calls.append("on_rollout")) as cluster,
    ):
        cluster.wait_rollout("deployment/x")
    assert calls == ["on_rollout"]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ({}, "the controller has not seen the change"),
        ({**ROLLED_OUT, "observedGeneration": 1}, "the controller has not seen the change"),
        ({**ROLLED_OUT, "updatedReplicas": 1}, "1 of 2 replicas updated"),
        ({**ROLLED_OUT, "replicas": 3}, "1 old replicas not yet gone"),
        ({**ROLLED_OUT, "availableReplicas": 0}, "0 of 2 replicas available"),
    ],
)
def test_a_rollout_that_never_ends_says_what_it_waits_for(
    clock: Clock, status: dict[str, int], problem: str
) -> None:
    calls: list[str] = []
    with (
        api(200, deployment(**status)) as server,
        cluster_at(
            server, clock=clock, sleep=clock.sleep, on_rollout=lambda: calls.append("x")
        ) as cluster,
        pytest.raises(ClusterError) as caught,
    ):
        cluster.wait_rollout("deployment/x", timeout_s=90)
    expected = f"deployment/x in namespace demo is not rolled out after 90 s: {problem}"
    assert str(caught.value) == expected
    assert 90 <= clock.now < 91
    assert calls == []


def test_env_is_set_rolled_out_and_read(demo: Demo) -> None:
    with cluster_at(demo.kube_server) as cluster:
        before = cluster.get_env(SIDECAR)
        cluster.set_env(SIDECAR, {"OPA_PROXY_MODE": "enforce", "WITH": "a=b\n\N{SNOWMAN}"})
        cluster.wait_rollout(SIDECAR, timeout_s=30)
        expected = {**before, "OPA_PROXY_MODE": "enforce", "WITH": "a=b\n\N{SNOWMAN}"}
        assert cluster.get_env(SIDECAR, namespace="another") == expected
        cluster.set_env(SIDECAR, before)
        cluster.wait_rollout(SIDECAR, timeout_s=30)


@pytest.mark.parametrize("method", ["get_env", "set_env", "wait_rollout", "exec"])
def test_an_unknown_workload_is_told(demo: Demo, method: str) -> None:
    arguments: dict[str, list[Any]] = {"set_env": [{"A": "b"}], "exec": [["true"]]}
    args = arguments.get(method, [])
    with cluster_at(demo.kube_server) as cluster, pytest.raises(ClusterError) as caught:
        getattr(cluster, method)("deployment/nosuch", *args)
    for part in ("deployment/nosuch", "namespace demo", "not found", "HTTP 404"):
        assert part in str(caught.value)


def test_an_exec_that_is_refused_is_told(demo: Demo) -> None:
    with cluster_at(demo.kube_server) as cluster, pytest.raises(ClusterError, match="exec in"):
        cluster.exec(SIDECAR, ["true"])


@pytest.mark.parametrize("ref", ["", "x", "deployment", "deployment/", "/x", "service/x"])
def test_a_reference_that_is_none_is_told(demo: Demo, ref: str) -> None:
    with cluster_at(demo.kube_server) as cluster, pytest.raises(UsageError, match="no reference"):
        cluster.get_env(ref)


@pytest.mark.parametrize("ref", ["deployments/gymcoach", "Deployment/gymcoach"])
def test_a_reference_may_be_in_the_plural_or_capital(demo: Demo, ref: str) -> None:
    with cluster_at(demo.kube_server) as cluster:
        assert cluster.get_env(ref)


def test_an_api_that_does_not_answer_is_told() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{one.getsockname()[1]}"
    with cluster_at(server) as cluster, pytest.raises(ClusterError) as caught:
        cluster.get_env("deployment/x")
    expected = f"cannot read deployment/x in namespace demo: the API at {server} does not answer: "
    assert str(caught.value).startswith(expected)


def test_an_api_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_api, "TIMEOUT_S", 0.05)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        server = f"http://127.0.0.1:{one.getsockname()[1]}"
        with cluster_at(server) as cluster, pytest.raises(ClusterError) as caught:
            cluster.get_env("deployment/x")
    assert str(caught.value).endswith(f"the API at {server} does not answer: it takes too long")


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (403, b'{"kind":"Status","message":"no","code":403,"reason":"Forbidden"}', "application/json"),
        (500, b"", "text/plain"),
        (502, b"<html>bad gateway</html>", "text/html"),
        (401, b"Unauthorized", "text/plain"),
        (200, b"<html>log in</html>", "text/html"),
        (200, b"[]", "application/json"),
        (200, b'{"spec": 5}', "application/json"),
        (302, b"", "text/plain"),
    ],
)  # fmt: skip
def test_answers_that_make_no_sense_are_told(status: int, body: bytes, content_type: str) -> None:
    with api(status, body, content_type) as server, cluster_at(server) as cluster:
        for call in (
            lambda: cluster.get_env("deployment/x"),
            lambda: cluster.set_env("deployment/x", {"a": "b"}),
            lambda: cluster.wait_rollout("deployment/x", timeout_s=0),
        ):
            with pytest.raises(ClusterError, match="deployment/x in namespace demo"):
                call()


CONFIG = """
apiVersion: v1
kind: Config
current-context: one
clusters: [{name: one, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: one, user: {}}]
contexts: [{name: one, context: {cluster: one, user: one}}]
"""


@pytest.mark.parametrize(
    ("config", "context"),
    [
        (None, None),
        ("", None),
        ("{", None),
        ("[]", None),
        ("5", None),
        ("a: b: c", None),
        ("\x00", None),
        (CONFIG, "nosuch"),
        (CONFIG.replace("current-context: one", ""), None),
        (CONFIG.replace("current-context: one", "current-context: two"), None),
        (CONFIG.replace("cluster: one, user", "cluster: two, user"), None),
        (CONFIG.replace("server:", "certificate-authority: nosuch.pem, server:"), None),
        (CONFIG.replace("http:", "https:").replace("server:", "certificate-authority: nosuch.pem, server:"), None),
        (CONFIG.replace("user: {}", "user: {exec: {apiVersion: v1, command: nosuchcommand}}"), None),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str | None, context: str | None
) -> None:
    file = tmp_path / "config"
    if config is not None:
        file.write_text(config)
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    with cluster_at(None, context=context) as cluster, pytest.raises(ClusterError) as caught:
        cluster.get_env("deployment/x")
    assert "cannot read deployment/x in namespace demo: " in str(caught.value)


def test_close_before_anything() -> None:
    Cluster(KubernetesSettings()).close()
