"""Workloads: environments that are patched, and rollouts that say why they do not end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError, UsageError
from tests.support.kube_api import KubeApi, forbidden

if TYPE_CHECKING:
    from agentrig.kubernetes import Cluster

PATH = "/apis/apps/v1/namespaces/demo/deployments/one"
PODS = "/api/v1/namespaces/demo/pods"
SELECTOR = {"matchLabels": {"app": "one"}}


def workload(api: KubeApi, *, status: dict[str, Any] | None = None, **spec: Any) -> None:
    env = [
        {"name": "PLAIN", "value": "1"},
        {"name": "EMPTY"},
        {"name": "FROM", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    containers = [{"name": "main", "env": env}, {"name": "side"}]
    template = {"spec": {"containers": containers}}
    spec = {"replicas": 1, "selector": SELECTOR, "template": template, **spec}
    api.put(PATH, spec=spec, status=status or {})


def sent_env(api: KubeApi) -> Any:
    containers = api.asked[-1].body["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one["env"] for one in containers}


def test_env_is_set_and_taken_away_in_all_containers(api: KubeApi, cluster: Cluster) -> None:
    workload(api)
    cluster.set_env("deployment/one", {"A": "x", "PLAIN": None})
    env = [{"name": "A", "value": "x"}, {"name": "PLAIN", "$patch": "delete"}]
    assert sent_env(api) == {"main": env, "side": env}
    assert api.asked[-1].content_type == "application/strategic-merge-patch+json"


def test_env_in_one_container_that_came_from_elsewhere(api: KubeApi, cluster: Cluster) -> None:
    """A variable with both a value and a source is refused by the API."""
    workload(api)
    cluster.set_env("deployment/one", {"FROM": "x"}, container="main")
    assert sent_env(api) == {"main": [{"name": "FROM", "value": "x", "valueFrom": None}]}
    with pytest.raises(UsageError, match="deployment/one has no container 'none': main"):
        cluster.set_env("deployment/one", {"A": "x"}, container="none")


def test_env_that_is_literal_is_read(api: KubeApi, cluster: Cluster) -> None:
    workload(api)
    assert cluster.get_env("deployment/one") == {"PLAIN": "1", "EMPTY": ""}


def test_restart_changes_the_template(api: KubeApi, cluster: Cluster) -> None:
    workload(api)
    cluster.restart("deployment/one")
    annotations = api.asked[-1].body["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]


@pytest.mark.parametrize("verb", [("set_env", {}), ("get_env",), ("restart",), ("wait_rollout",)])
def test_what_is_no_workload_is_told(cluster: Cluster, verb: tuple[Any, ...]) -> None:
    name, *args = verb
    with pytest.raises(UsageError, match="'cm/one' is no reference to a workload"):
        getattr(cluster, name)("cm/one", *args)


def container(name: str, **waiting: str) -> dict[str, Any]:
    return {"name": name, "state": {"waiting": waiting} if waiting else {"running": {}}}


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"containerStatuses": [container("main")]}, ""),
        ({"containerStatuses": [container("main", reason="ContainerCreating")]}, ""),
        (
            {"containerStatuses": [container("a"), container("b", reason="ImagePullBackOff", message="no such image")]},
            "; pod p, container b: ImagePullBackOff: no such image",
        ),
        (
            {"initContainerStatuses": [container("i", reason="CrashLoopBackOff")]},
            "; pod p, container i: CrashLoopBackOff",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]},
            "; pod p: 0/1 nodes",
        ),
    ],
)  # fmt: skip
def test_a_rollout_that_does_not_end_says_what_holds_its_pods_up(
    api: KubeApi, cluster: Cluster, status: dict[str, Any], why: str
) -> None:
    workload(api, status={"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1})
    api.put(f"{PODS}/p", status=status)
    with pytest.raises(ClusterError) as caught:
        cluster.wait_rollout("deployment/one", timeout_s=0)
    assert str(caught.value) == (
        "deployment/one in namespace demo is not rolled out after 0 s: "
        f"0 of 1 replicas available{why}"
    )


def test_pods_that_may_not_be_read_hide_no_rollout(api: KubeApi, cluster: Cluster) -> None:
    workload(api, status={"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1})
    api.on("GET", PODS, forbidden("list", "pods"))
    with pytest.raises(ClusterError, match=r"0 of 1 replicas available$"):
        cluster.wait_rollout("deployment/one", timeout_s=0)


def test_a_rollout_that_missed_its_own_deadline_ends_the_wait(
    api: KubeApi, cluster: Cluster
) -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    workload(api, status={"observedGeneration": 1, "conditions": [late]})
    with pytest.raises(ClusterError, match="not rolled out by its own deadline: 0 of 1 replicas"):
        cluster.wait_rollout("deployment/one", timeout_s=90)


def test_a_paused_deployment_is_told(api: KubeApi, cluster: Cluster) -> None:
    workload(api, status={"observedGeneration": 1}, paused=True)
    with pytest.raises(ClusterError, match="0 of 1 replicas updated: the Deployment is paused"):
        cluster.wait_rollout("deployment/one", timeout_s=0)


def test_a_partition_of_a_stateful_set_is_not_waited_for(api: KubeApi, cluster: Cluster) -> None:
    status = {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 1,
        "availableReplicas": 3,
    }
    strategy = {"rollingUpdate": {"partition": 2}}
    workload(api, status=status, replicas=3, updateStrategy=strategy)
    cluster.wait_rollout("deployment/one", timeout_s=0)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ({"updatedNumberScheduled": 2, "numberAvailable": 2}, None),
        ({"updatedNumberScheduled": 1, "numberAvailable": 2}, "1 of 2 replicas updated"),
        ({"updatedNumberScheduled": 2}, "0 of 2 replicas available"),
    ],
)
def test_a_daemon_set_is_waited_for_on_all_its_nodes(
    api: KubeApi, cluster: Cluster, status: dict[str, int], problem: str | None
) -> None:
    counts = {"observedGeneration": 1, "desiredNumberScheduled": 2, **status}
    path = PATH.replace("deployments", "daemonsets")
    api.put(path, spec={"selector": SELECTOR}, status=counts)
    if problem is None:
        cluster.wait_rollout("daemonset/one", timeout_s=0)
    else:
        with pytest.raises(ClusterError, match=f"after 0 s: {problem}$"):
            cluster.wait_rollout("ds/one", timeout_s=0)


def test_an_exec_that_is_refused_says_why(api: KubeApi, cluster: Cluster) -> None:
    api.put(f"{PODS}/a", spec={"containers": [{"name": "main"}]})
    api.on("GET", f"{PODS}/a/exec", forbidden("get", "pods/exec"))
    with pytest.raises(ClusterError) as caught:
        cluster.exec("pod/a", ["true"])
    assert str(caught.value).startswith("cannot exec in pod/a in namespace demo: pods/exec. ")
    assert 'needs {apiGroups: [""], resources: [pods/exec], verbs: [get]}' in str(caught.value)
    api.on("GET", f"{PODS}/a/exec", (200, {}))
    with pytest.raises(ClusterError, match=r"no reason is given \(HTTP 200\)"):
        cluster.exec("pod/a", ["true"])


def test_pods_of_services_and_jobs_and_of_nothing(api: KubeApi, cluster: Cluster) -> None:
    core = "/api/v1/namespaces/demo"
    api.put(f"{core}/services/s", kind="Service", spec={"selector": {"app": "a", "b": "c"}})
    batch = "/apis/batch/v1/namespaces/demo"
    api.put(f"{batch}/jobs/j", kind="Job", spec={"selector": {"matchLabels": {"job": "j"}}})
    api.put(f"{batch}/cronjobs/c", kind="CronJob", spec={})
    for ref, labels in (("svc/s", "app=a,b=c"), ("job/j", "job=j")):
        with pytest.raises(ClusterError, match=f"{ref} in namespace demo has no running pod"):
            cluster.exec(ref, ["true"])
        assert api.asked[-1].query == {"labelSelector": labels}
    with pytest.raises(UsageError, match="cronjob/c has no pods of its own: name a pod"):
        cluster.logs("cj/c", "x", timeout_s=0)


def test_exec_needs_a_running_pod(api: KubeApi, cluster: Cluster) -> None:
    workload(api)
    api.put(f"{PODS}/a", status={"phase": "Pending"})
    leaving = {"deletionTimestamp": "2025-11-21T14:00:00Z"}
    api.put(f"{PODS}/b", status={"phase": "Running"}, metadata=leaving)
    with pytest.raises(ClusterError, match="deployment/one in namespace demo has no running pod"):
        cluster.exec("deployment/one", ["true"])
