"""Pods, ConfigMaps and replicas of the Kubernetes stand-in, through the cluster fixture's class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentrig.demo.embedded import Demo, running_demo
from agentrig.errors import ClusterError
from agentrig.kubernetes import Cluster, KubernetesSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDECAR = "deployment/gymcoach-sidecar"
CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "one", "labels": {"app": "x"}},
    "data": {"a": "1", "b": "2"},
}


@pytest.fixture(scope="module")
def own_demo() -> Iterator[Demo]:
    """A demo that no other module uses: its sidecars are restarted here."""
    with running_demo() as running:
        yield running


@pytest.fixture
def cluster(own_demo: Demo) -> Iterator[Cluster]:
    one = Cluster(KubernetesSettings(namespace="demo", server=own_demo.kube_server))
    yield one
    one.delete("cm/one", ignore_missing=True)
    one.close()


def test_a_config_map_lives_in_its_namespace(cluster: Cluster) -> None:
    (created,) = cluster.apply(CONFIG)
    assert created["data"] == CONFIG["data"]
    assert cluster.get("cm/one")["metadata"]["uid"] == created["metadata"]["uid"]
    with pytest.raises(ClusterError, match='configmaps "one" not found'):
        cluster.get("cm/one", namespace="another")
    cluster.delete("cm/one")
    with pytest.raises(ClusterError, match='configmaps "one" not found'):
        cluster.delete("cm/one")


def test_applying_again_takes_away_what_is_not_applied_any_more(cluster: Cluster) -> None:
    cluster.apply(CONFIG)
    cluster.patch("cm/one", {"data": {"theirs": "x"}})
    (changed,) = cluster.apply({**CONFIG, "data": {"a": "9"}})
    assert changed["data"] == {"a": "9", "theirs": "x"}


@pytest.mark.parametrize(
    "wrong", [{"spec": {}}, {"data": {"a": 1}}, {"data": []}, {"metadata": {"name": "two"}}]
)
def test_a_config_map_of_another_shape_is_refused(cluster: Cluster, wrong: Any) -> None:
    cluster.apply(CONFIG)
    with pytest.raises(ClusterError, match="HTTP 422"):
        cluster.patch("cm/one", wrong)
    with pytest.raises(ClusterError, match="HTTP 415"):
        cluster.patch("cm/one", {}, how="json")


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ({"op": "add", "path": "/data/x~1y", "value": "z"}, {"a": "1", "b": "2", "x/y": "z"}),
        ({"op": "replace", "path": "/data/a", "value": "9"}, {"a": "9", "b": "2"}),
        ({"op": "remove", "path": "/data/a"}, {"b": "2"}),
        ({"op": "test", "path": "/data/a", "value": "1"}, {"a": "1", "b": "2"}),
        ({"op": "test", "path": "/data/a", "value": "2"}, None),
        ({"op": "replace", "path": "/data/none", "value": "9"}, None),
        ({"op": "remove", "path": "/none/none"}, None),
        ({"op": "move", "path": "/data/a", "from": "/data/b"}, None),
        ({"op": "remove", "path": "data"}, None),
        ("remove", None),
    ],
)
def test_a_json_patch_is_applied_or_refused(
    cluster: Cluster, operation: Any, data: dict[str, str] | None
) -> None:
    cluster.apply(CONFIG)
    if data is None:
        with pytest.raises(ClusterError, match="HTTP 422"):
            cluster.patch("cm/one", [operation], how="json")
    else:
        assert cluster.patch("cm/one", [operation], how="json")["data"] == data


def test_a_json_patch_reaches_into_lists(cluster: Cluster) -> None:
    env = "/spec/template/spec/containers/0/env"
    added = {"op": "add", "path": f"{env}/-", "value": {"name": "NEW", "value": "x"}}
    cluster.patch(SIDECAR, [added], how="json")
    cluster.wait_rollout(SIDECAR)
    assert cluster.get_env(SIDECAR) == {"OPA_PROXY_MODE": "track", "NEW": "x"}
    cluster.patch(SIDECAR, [{"op": "remove", "path": f"{env}/1"}], how="json")
    cluster.wait_rollout(SIDECAR)
    assert cluster.get_env(SIDECAR) == {"OPA_PROXY_MODE": "track"}


def test_a_deployment_without_replicas_is_not_served(own_demo: Demo, cluster: Cluster) -> None:
    url = own_demo.agents["gymcoach"].control_url + "/health/live"
    cluster.scale(SIDECAR, 0)
    cluster.wait_rollout(SIDECAR)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(ClusterError, match="has no running pod"):
        cluster.exec(SIDECAR, ["printenv"])
    cluster.scale(SIDECAR, 1)
    cluster.wait_rollout(SIDECAR)
    assert httpx.get(url).is_success
    with pytest.raises(ClusterError, match="one replica or none"):
        cluster.scale(SIDECAR, 2)


def test_a_command_sees_the_environment(cluster: Cluster) -> None:
    found = cluster.exec(SIDECAR, ["printenv", "OPA_PROXY_MODE"])
    assert (found.exit_code, found.stdout, found.stderr) == (0, "track\n", "")
    assert cluster.exec(SIDECAR, ["printenv", "NONE"]).exit_code == 1
    assert "OPA_PROXY_MODE=track\n" in cluster.exec(SIDECAR, ["printenv"]).stdout
    with pytest.raises(ClusterError, match='exec: "ls": executable file not found'):
        cluster.exec(SIDECAR, ["ls"])


def test_each_rollout_has_a_pod_with_a_log_of_its_own(cluster: Cluster) -> None:
    (before,) = cluster.logs(SIDECAR, "^serving on")
    cluster.restart(SIDECAR)
    cluster.wait_rollout(SIDECAR)
    (after,) = cluster.logs(SIDECAR, "^serving on")
    assert before.pod != after.pod
    assert cluster.get(f"pod/{after.pod}")["status"]["phase"] == "Running"
    with pytest.raises(ClusterError, match=f'pods "{before.pod}" not found'):
        cluster.get(f"pod/{before.pod}")
    with pytest.raises(AssertionError, match="0 lines of"):
        cluster.logs(SIDECAR, "serving", since_s=4e9, timeout_s=0)
    assert [one.pod for one in cluster.logs("app.kubernetes.io/name=gymcoach-sidecar", "serv")] == [
        after.pod
    ]
