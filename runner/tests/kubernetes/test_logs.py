"""Log lines of pods: found by selector, workload or name, each counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError
from agentrig.kubernetes import Cluster, KubernetesSettings
from tests.support.kube_api import KubeApi, forbidden, status

if TYPE_CHECKING:
    from tests.support.clock import Clock

PODS = "/api/v1/namespaces/demo/pods"
SINCE = 1_763_733_600.0  # 2025-11-21T14:00:00Z


def pod(api: KubeApi, name: str, *containers: str, init: tuple[str, ...] = ()) -> None:
    spec = {
        "containers": [{"name": one} for one in containers or ["main"]],
        "initContainers": [{"name": one} for one in init],
    }
    api.put(f"{PODS}/{name}", spec=spec)


def at(second: int, text: str, digits: str = "000000000") -> str:
    return f"2025-11-21T14:00:{second:02}.{digits}Z {text}\n"


def log(api: KubeApi, name: str, *answers: str) -> None:
    """Answer the requests for a pod's log in turn, the last one for ever."""
    left = list(answers)
    api.on("GET", f"{PODS}/{name}/log", lambda _: (200, left.pop(0) if len(left) > 1 else left[0]))


def texts(found: Any) -> list[str]:
    return [f"{one.pod}/{one.container}: {one.text}" for one in found]


def test_lines_that_match_are_given_from_the_time_on(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one")
    log(api, "one", at(0, "ready: too old") + at(5, "starting") + at(6, "ready: now"))
    found = cluster.logs("pod/one", r"ready: \w+", since_s=SINCE + 5)
    assert texts(found) == ["one/main: ready: now"]
    assert api.asked[-1].query == {
        "container": "main",
        "timestamps": "true",
        "sinceTime": "2025-11-21T14:00:05Z",
    }


def test_the_part_of_a_second_counts(api: KubeApi, cluster: Cluster) -> None:
    """The API takes whole seconds: what came just before the step is left out here."""
    pod(api, "one")
    log(
        api, "one", at(5, "x before", "499") + at(5, "x after", "5") + at(5, "x later", "500000001")
    )
    found = cluster.logs("pod/one", "x", since_s=SINCE + 5.5)
    assert texts(found) == ["one/main: x after", "one/main: x later"]


def test_logs_are_asked_for_until_a_line_comes_and_no_line_counts_twice(
    api: KubeApi, cluster: Cluster, clock: Clock
) -> None:
    pod(api, "one")
    first = at(5, "a") + at(6, "b") + at(6, "c")
    log(api, "one", first, first, first + at(6, "d"), first + at(6, "d") + at(7, "e: found"))
    # Three answers come within this time.
    patient = Cluster(
        KubernetesSettings(namespace="demo", server=api.url), sleep=clock.sleep, clock=clock
    )
    with pytest.raises(AssertionError, match=r"no log line .* within 0.5 s: 4 lines of one were"):
        patient.logs("pod/one", "nosuch", since_s=SINCE, timeout_s=0.5)
    patient.close()
    assert texts(cluster.logs("pod/one", "found", since_s=SINCE)) == ["one/main: e: found"]


def test_lines_out_of_order_within_one_answer_are_all_read(api: KubeApi, cluster: Cluster) -> None:
    """stdout and stderr are stamped by two writers."""
    pod(api, "one")
    log(api, "one", at(6, "x out") + at(5, "x err"))
    assert len(cluster.logs("pod/one", "x", since_s=SINCE)) == 2


def test_all_containers_are_read_unless_one_is_named(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one", "main", "side", init=("prepare",))

    def answer(asked: Any) -> tuple[int, Any]:
        name = asked.query["container"]
        if name == "side":
            return 400, status(400, "BadRequest", "container is waiting to start")
        return 200, at(5, f"x of {name}")

    api.on("GET", f"{PODS}/one/log", answer)
    assert texts(cluster.logs("pod/one", "x")) == [
        *("one/prepare: x of prepare", "one/main: x of main"),
    ]
    found = cluster.logs("pod/one", "x", container="main")
    assert texts(found) == ["one/main: x of main"]


def test_pods_are_found_by_selector_and_by_workload(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one")
    pod(api, "two")
    log(api, "one", at(5, "x"))
    log(api, "two", at(5, "y"))
    assert texts(cluster.logs("app=a,tier in (b)", "x")) == ["one/main: x"]
    assert api.asked[0].query == {"labelSelector": "app=a,tier in (b)"}
    expressions = [
        {"key": "k", "operator": "In", "values": ["v", "w"]},
        {"key": "l", "operator": "NotIn", "values": ["u"]},
        {"key": "m", "operator": "Exists"},
        {"key": "n", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "a"}, "matchExpressions": expressions}
    api.put("/apis/apps/v1/namespaces/demo/deployments/d", spec={"selector": selector})
    assert texts(cluster.logs("deployment/d", "y")) == ["two/main: y"]
    (listed,) = [one.query for one in api.asked if one.path == PODS][1:]
    assert listed == {"labelSelector": "app=a,k in (v,w),l notin (u),m,!n"}


def test_a_pod_that_comes_late_is_read(api: KubeApi, cluster: Cluster) -> None:
    lists = iter([[], [], [{"metadata": {"name": "one", "uid": "u", "namespace": "demo"}}]])
    spec = {"containers": [{"name": "main"}]}
    api.on(
        "GET", PODS, lambda _: (200, {"items": [{**one, "spec": spec} for one in next(lists)]})
    )  # fmt: skip
    log(api, "one", at(5, "x"))
    assert len(cluster.logs("app=a", "x")) == 1


def test_no_line_in_time_says_what_was_read(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one")
    log(api, "one", "".join(at(second, f"line {second}") for second in range(1, 9)))
    with pytest.raises(AssertionError) as caught:
        cluster.logs("pod/one", "^x$", since_s=SINCE, timeout_s=0)
    assert str(caught.value) == (
        "pod/one: no log line matches '^x$' within 0 s: 8 lines of one were read, the last:\n"
        "  one/main: line 4\n  one/main: line 5\n  one/main: line 6\n"
        "  one/main: line 7\n  one/main: line 8"
    )


def test_no_pod_is_told(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match=r"app=a: no log line .* no pod was found"):
        cluster.logs("app=a", "x", timeout_s=0)


def test_logs_that_may_not_be_read_are_infrastructure(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one")
    api.on("GET", f"{PODS}/one/log", forbidden("get", "pods/log"))
    with pytest.raises(ClusterError, match=r"resources: \[pods/log\], verbs: \[get\]"):
        cluster.logs("pod/one", "x")


def test_a_line_without_a_time_counts_as_new(api: KubeApi, cluster: Cluster) -> None:
    pod(api, "one")
    log(api, "one", "x without\n" + "2025-11-21T15:00:07+01:00 x elsewhere\n")
    assert texts(cluster.logs("pod/one", "x", since_s=SINCE)) == [
        *("one/main: x without", "one/main: x elsewhere"),
    ]
