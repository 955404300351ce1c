"""Objects of any kind: found, applied, patched, restored, deleted, waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError, UsageError
from agentrig.kubernetes import AsyncCluster, Cluster, KubernetesSettings
from tests.support.kube_api import KubeApi, forbidden, merge, status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONFIG = "/api/v1/namespaces/demo/configmaps/one"
WIDGET = "/apis/example.com/v1/namespaces/demo/widgets/one"
MANIFEST: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "one"},
    "data": {"a": "1"},
}
WIDGETS = {
    "resources": [
        {"name": "widgets", "singularName": "widget", "shortNames": ["wd"], "kind": "Widget", "namespaced": True},
        {"name": "widgets/status", "kind": "Widget", "namespaced": True},
        {"name": "plans", "singularName": "plan", "kind": "Plan", "namespaced": False},
    ]
}  # fmt: skip
GROUP = {
    "name": "example.com",
    "preferredVersion": {"groupVersion": "example.com/v1"},
    "versions": [{"groupVersion": "example.com/v2"}, {"groupVersion": "example.com/v1"}],
}


def discoverable(api: KubeApi) -> None:
    api.on("GET", "/apis", (200, {"groups": [GROUP]}))
    api.on("GET", "/apis/example.com", (200, GROUP))
    api.on("GET", "/apis/example.com/v1", (200, WIDGETS))
    api.on("GET", "/apis/example.com/v2", (200, {"resources": []}))
    api.on("GET", "/api/v1", (200, {"resources": []}))


def run(api: KubeApi, work: Callable[[AsyncCluster], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        cluster = AsyncCluster(KubernetesSettings(namespace="demo", server=api.url))
        try:
            return await work(cluster)
        finally:
            await cluster.aclose()

    return asyncio.run(main())


def calls(api: KubeApi, *methods: str) -> list[str]:
    return [f"{one.method} {one.path}" for one in api.asked if one.method in (methods or {"GET"})]


@pytest.mark.parametrize("ref", ["configmap/one", "configmaps/one", "ConfigMap/one", "cm/one"])
def test_usual_kinds_are_known_without_asking(api: KubeApi, cluster: Cluster, ref: str) -> None:
    api.put(CONFIG, data={"a": "1"})
    assert cluster.get(ref)["data"] == {"a": "1"}
    assert calls(api) == [f"GET {CONFIG}"]


@pytest.mark.parametrize(
    "kind",
    ["widget", "widgets", "Widget", "wd", "widgets.example.com", "wd.v1.example.com", "widget.v1.example.com"],
)  # fmt: skip
def test_a_custom_resource_is_found_as_kubectl_finds_it(
    api: KubeApi, cluster: Cluster, kind: str
) -> None:
    discoverable(api)
    api.put(WIDGET, spec={"size": 1})
    assert cluster.get(f"{kind}/one")["spec"] == {"size": 1}
    asked = len(api.asked)
    cluster.get(f"{kind}/one")
    assert len(api.asked) - asked <= 2, "what a version serves is asked for once"


def test_a_kind_without_namespaces_has_none_in_its_path(api: KubeApi, cluster: Cluster) -> None:
    discoverable(api)
    with pytest.raises(ClusterError) as caught:
        cluster.get("plan/one", namespace="there")
    assert str(caught.value) == 'cannot get plan/one in the cluster: "one" not found (HTTP 404)'
    assert calls(api)[-1] == "GET /apis/example.com/v1/plans/one"


@pytest.mark.parametrize("kind", ["nosuch", "nosuch.example.com", "widget.nosuch", "a.b.c"])
def test_a_kind_that_is_not_served_is_told(api: KubeApi, cluster: Cluster, kind: str) -> None:
    discoverable(api)
    with pytest.raises(ClusterError, match=f"the API serves no kind '{kind}'"):
        cluster.get(f"{kind}/one")


def test_a_broken_extension_hides_no_other_kind(api: KubeApi, cluster: Cluster) -> None:
    """One aggregated API whose server is away must not break the look-up of all others."""
    discoverable(api)
    broken = {"name": "a.io", "preferredVersion": {"groupVersion": "a.io/v1"}}
    api.on("GET", "/apis", (200, {"groups": [broken, GROUP]}))
    api.on("GET", "/apis/a.io/v1", (503, status(503, "ServiceUnavailable", "not now")))
    api.put(WIDGET, spec={})
    assert cluster.get("widget/one")


def test_apply_creates_and_changes_as_its_own_field_manager(api: KubeApi, cluster: Cluster) -> None:
    (created,) = cluster.apply(MANIFEST)
    assert created["data"] == {"a": "1"}
    (patch,) = [one for one in api.asked if one.method == "PATCH"]
    assert patch.path == CONFIG
    assert patch.content_type == "application/apply-patch+yaml"
    assert patch.query == {"fieldManager": "agentrig", "fieldValidation": "Strict"}
    cluster.apply(MANIFEST, force=True)
    assert api.asked[-1].query["force"] == "true"


def test_apply_reads_text_with_several_documents_and_lists(api: KubeApi, cluster: Cluster) -> None:
    discoverable(api)
    text = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, namespace: there}
---
# nothing
---
apiVersion: v1
kind: List
items:
- {apiVersion: example.com/v1, kind: Widget, metadata: {name: one}}
- {apiVersion: example.com/v1, kind: Plan, metadata: {name: two}}
"""
    assert len(cluster.apply(text)) == 3
    assert calls(api, "PATCH") == [
        "PATCH /api/v1/namespaces/there/configmaps/one",
        f"PATCH {WIDGET}",
        "PATCH /apis/example.com/v1/plans/two",
    ]


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        ("a: [", "the manifest is no YAML"),
        ("", "holds no object"),
        ("- a", "an object is needed, not a list"),
        pytest.param("[" * 5_000, "no YAML: maximum recursion depth", id="deep"),
        ("since: 2026-13-45", "the manifest is no YAML: month must be in 1..12"),
        ("kind: Pod", "'apiVersion' is missing"),
        ("apiVersion: v1", "'kind' is missing"),
        ("{apiVersion: v1, kind: Pod}", "'metadata.name' is missing"),
        ("{apiVersion: v1, kind: Pod, metadata: {name: 5}}", "'metadata.name' is missing"),
        ([MANIFEST, {}], r"\(object 2 of 2\): 'apiVersion' is missing"),
    ],
)
def test_what_is_no_manifest_is_told(cluster: Cluster, manifest: Any, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        cluster.apply(manifest)


def test_a_conflict_says_how_to_take_the_fields_over(api: KubeApi, cluster: Cluster) -> None:
    api.on("PATCH", CONFIG, (409, status(409, "Conflict", 'conflict with "helm": .data.a')))
    with pytest.raises(ClusterError, match=r'with "helm": .data.a; `force: true` takes the fields'):
        cluster.apply(MANIFEST)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (
            forbidden("patch", "configmaps"),
            'Role (the chart\'s `rbac.rules`) needs {apiGroups: [""], resources: [configmaps], verbs: [patch]}',
        ),
        (
            forbidden("get", "widgets", "example.com", cluster=True),
            "ClusterRole needs {apiGroups: [example.com], resources: [widgets], verbs: [get]}",
        ),
    ],
)  # fmt: skip
def test_a_refusal_names_the_rule_that_is_missing(
    api: KubeApi, cluster: Cluster, answer: Any, rule: str
) -> None:
    api.on("PATCH", CONFIG, answer)
    with pytest.raises(ClusterError) as caught:
        cluster.apply(MANIFEST)
    assert str(caught.value).startswith("cannot apply configmap/one in namespace demo: ")
    assert str(caught.value).endswith(f"(HTTP 403); the account's {rule}")


def test_a_definition_is_waited_for_until_its_kind_is_served(
    api: KubeApi, cluster: Cluster
) -> None:
    discoverable(api)
    definitions = "apiextensions.k8s.io/v1"
    kinds = {"name": "customresourcedefinitions", "kind": "CustomResourceDefinition"}
    api.on("GET", f"/apis/{definitions}", (200, {"resources": [{**kinds, "namespaced": False}]}))
    answers = iter([(404, status(404, "NotFound", "no")), (200, {"resources": []})])
    api.on("GET", "/apis/example.com/v1", lambda _: next(answers, (200, WIDGETS)))
    spec = {
        "group": "example.com",
        "names": {"kind": "Widget"},
        "versions": [{"name": "v0", "served": False}, {"name": "v1", "served": True}],
    }
    metadata = {"name": "widgets.example.com"}
    definition = {"apiVersion": definitions, "kind": "CustomResourceDefinition"}
    resource = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}}
    cluster.apply([{**definition, "metadata": metadata, "spec": spec}, resource])
    assert calls(api).count("GET /apis/example.com/v1") == 3
    assert WIDGET in api.objects


def test_a_busy_api_is_asked_again_when_it_says(api: KubeApi, cluster: Cluster) -> None:
    api.put(CONFIG, data={})
    busy = iter([True, True])
    api.rules.append(
        lambda _: (429, status(429, "TooManyRequests", "later")) if next(busy, False) else None
    )
    api.headers["retry-after"] = "0"
    cluster.patch("cm/one", {"data": {"a": "1"}})
    assert calls(api, "PATCH") == [f"PATCH {CONFIG}"] * 3
    api.on("GET", CONFIG, (429, status(429, "TooManyRequests", "later")))
    with pytest.raises(ClusterError, match=r"later \(HTTP 429\)"):
        cluster.get("cm/one")


def test_what_only_reads_is_asked_again_where_the_connection_broke(
    api: KubeApi, cluster: Cluster
) -> None:
    api.put(CONFIG, data={})
    api.dropped = 1
    assert cluster.get("cm/one")
    api.dropped = 1
    with pytest.raises(ClusterError, match=r"the API at \S+ does not answer: \w+"):
        cluster.patch("cm/one", {"data": {"a": "1"}})
    assert calls(api, "PATCH") == []


def test_patch_sends_the_kind_of_patch(api: KubeApi, cluster: Cluster) -> None:
    api.put(CONFIG, data={"a": "1"})
    assert cluster.patch("cm/one", {"data": {"b": "2"}})["data"] == {"a": "1", "b": "2"}
    cluster.patch("cm/one", {"data": {}}, how="strategic")
    api.on("PATCH", CONFIG, (200, {}))
    operations = [{"op": "remove", "path": "/data/a"}]
    cluster.patch("cm/one", operations, how="json")
    types = [one.content_type for one in api.asked if one.method == "PATCH"]
    assert [one.removeprefix("application/") for one in types] == [
        *("merge-patch+json", "strategic-merge-patch+json", "json-patch+json"),
    ]
    assert api.asked[-1].body == operations


def test_scale_sets_replicas_where_there_are_any(api: KubeApi, cluster: Cluster) -> None:
    path = "/apis/apps/v1/namespaces/demo/deployments/one"
    api.put(path, spec={"replicas": 1})
    api.put(CONFIG, data={})
    cluster.scale("deployment/one", 3)
    assert api.objects[path]["spec"]["replicas"] == 3
    with pytest.raises(UsageError, match=r"cm/one has no spec.replicas"):
        cluster.scale("cm/one", 3)


def test_delete_waits_until_the_object_is_gone(api: KubeApi, cluster: Cluster) -> None:
    api.put(CONFIG, data={})
    left = [api.objects[CONFIG]] * 2
    api.on("DELETE", CONFIG, (200, status(200, "", "")))

    def get(_: Any) -> tuple[int, Any]:
        return (200, left.pop()) if left else (404, status(404, "NotFound", "gone"))

    api.on("GET", CONFIG, get)
    cluster.delete("cm/one")
    assert left == []


def test_another_object_of_the_same_name_is_not_waited_for(api: KubeApi, cluster: Cluster) -> None:
    """A StatefulSet's pod comes back under its name at once."""
    uids = iter("aab")
    api.on("GET", CONFIG, lambda _: (200, {"metadata": {"uid": next(uids)}}))
    cluster.wait_gone("cm/one")
    assert next(uids, None) is None


def test_what_is_not_gone_in_time_is_a_failed_test(api: KubeApi, cluster: Cluster) -> None:
    api.put(CONFIG, metadata={"finalizers": ["x/y"]})
    api.on("DELETE", CONFIG, (200, status(200, "", "")))
    with pytest.raises(AssertionError) as caught:
        cluster.delete("cm/one", timeout_s=0)
    assert str(caught.value) == (
        "cm/one in namespace demo was deleted: it is still there after 0 s (finalizers: x/y)"
    )


def test_delete_of_what_is_not_there_is_told_unless_it_may_be(cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match=r"cannot delete cm/one in namespace demo: .* not found"):
        cluster.delete("cm/one")
    cluster.delete("cm/one", ignore_missing=True)


def pod(**condition: Any) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "status": {"conditions": [condition]}}


READY = {"type": "Ready", "status": "True"}
NOT_READY = {"type": "Ready", "status": "False", "reason": "Broken", "message": "it is"}


def test_a_condition_is_waited_for(api: KubeApi, cluster: Cluster) -> None:
    answers = iter(
        [
            (404, status(404, "NotFound", "not yet")),
            (200, {"metadata": {}}),
            (200, pod(**NOT_READY)),
            (200, pod(**READY, observedGeneration=1)),
            (200, pod(**READY, observedGeneration=2)),
        ]
    )
    api.on("GET", "/api/v1/namespaces/demo/pods/x", lambda _: next(answers))
    assert cluster.wait("pod/x", "ready")["status"]["conditions"][0]["observedGeneration"] == 2


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((404, {}), "it is not there"),
        ((200, {"metadata": {}}), "it has no condition Ready (it has: none)"),
        ((200, pod(type="Other", status="True")), "it has no condition Ready (it has: Other)"),
        ((200, pod(**NOT_READY)), "condition Ready is False (Broken: it is)"),
        ((200, pod(**READY, observedGeneration=1)), "condition Ready is of an older generation"),
    ],
)
def test_a_condition_that_does_not_come_is_a_failed_test(
    api: KubeApi, cluster: Cluster, answer: Any, problem: str
) -> None:
    api.on("GET", "/api/v1/namespaces/demo/pods/x", answer)
    with pytest.raises(AssertionError) as caught:
        cluster.wait("pod/x", "Ready", timeout_s=0)
    assert str(caught.value) == f"pod/x in namespace demo: {problem}, after 0 s"


def test_a_condition_can_be_waited_for_to_be_false_and_a_function_to_hold(
    api: KubeApi, cluster: Cluster
) -> None:
    api.on("GET", "/api/v1/namespaces/demo/pods/x", (200, pod(**NOT_READY)))
    cluster.wait("pod/x", "Ready", status="False")
    cluster.wait("pod/x", lambda found: found["status"]["conditions"])
    with pytest.raises(AssertionError, match="the function gives nothing that is true"):
        cluster.wait("pod/x", lambda _: [], timeout_s=0)


def test_a_wait_ends_at_once_where_the_account_may_not_look(api: KubeApi, cluster: Cluster) -> None:
    api.on("GET", "/api/v1/namespaces/demo/pods/x", forbidden("get", "pods"))
    with pytest.raises(ClusterError, match="verbs: \\[get\\]"):
        cluster.wait("pod/x", "Ready", timeout_s=60)


DEPLOYMENT = "/apis/apps/v1/namespaces/demo/deployments/one"


def test_restore_puts_back_only_what_the_change_made(api: KubeApi) -> None:
    api.put(CONFIG, data={"a": "1", "b": "2", "c": "3"})

    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find("cm/one")
        snapshot = await cluster.snapshot(ref)
        change = {"data": {"a": "9", "b": None, "new": "x"}}
        snapshot.after = await cluster.patch(ref, change, how="merge")
        # Somebody else's.
        api.objects[CONFIG] = merge(api.objects[CONFIG], {"data": {"c": "theirs"}})
        await cluster.restore(snapshot)

    run(api, work)
    assert api.objects[CONFIG]["data"] == {"a": "1", "b": "2", "c": "theirs"}


def test_restore_without_an_answer_to_the_change_goes_by_what_is_there(api: KubeApi) -> None:
    """The change was cut off, by a timeout or an interrupt: it may have come through or not."""
    api.put(CONFIG, data={"a": "1"})

    async def work(cluster: AsyncCluster) -> None:
        snapshot = await cluster.snapshot(await cluster.find("cm/one"))
        api.objects[CONFIG] = merge(api.objects[CONFIG], {"data": {"a": "2"}})
        await cluster.restore(snapshot)

    run(api, work)
    assert api.objects[CONFIG]["data"] == {"a": "1"}


def test_restore_gives_the_fields_back_to_their_managers(api: KubeApi) -> None:
    helm, controller = {"manager": "helm"}, {"manager": "kubelet", "subresource": "status"}
    api.put(CONFIG, data={"a": "1"}, metadata={"managedFields": [helm]})

    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find("cm/one")
        snapshot = await cluster.snapshot(ref)
        fields = {"managedFields": [{"manager": "agentrig"}, controller]}
        change = {"data": {"a": "2"}, "metadata": fields}
        snapshot.after = await cluster.patch(ref, change, how="merge")
        await cluster.restore(snapshot)

    run(api, work)
    assert api.objects[CONFIG]["metadata"]["managedFields"] == [helm, controller]


def test_restore_of_what_did_not_change_asks_for_nothing(api: KubeApi) -> None:
    api.put(CONFIG, data={"a": "1"}, status={"seen": 1})

    async def work(cluster: AsyncCluster) -> None:
        snapshot = await cluster.snapshot(await cluster.find("cm/one"))
        api.objects[CONFIG]["status"] = {"seen": 2}
        await cluster.restore(snapshot)

    run(api, work)
    assert calls(api, "PATCH", "DELETE") == []


def test_restore_deletes_what_was_created_even_if_it_is_gone_already(api: KubeApi) -> None:
    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find_manifest(MANIFEST)
        snapshot = await cluster.snapshot(ref)
        snapshot.after = await cluster.apply(ref, MANIFEST)
        assert CONFIG in api.objects
        await cluster.restore(snapshot)
        assert CONFIG not in api.objects
        await cluster.restore(snapshot)

    run(api, work)


def test_restore_of_a_workload_waits_until_it_is_rolled_out(api: KubeApi) -> None:
    done = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    api.put(DEPLOYMENT, spec={"replicas": 1}, status=done)
    rolled_out: list[str] = []

    async def work() -> None:
        settings = KubernetesSettings(
            namespace="demo", server=api.url, on_rollout=lambda: rolled_out.append("x")
        )
        cluster = AsyncCluster(settings)
        try:
            ref = await cluster.find("deployment/one")
            snapshot = await cluster.snapshot(ref)
            snapshot.after = await cluster.scale(ref, 3)
            with pytest.raises(
                ClusterError, match=r"deployment/one .* is not rolled out after 0 s"
            ):
                await cluster.restore(snapshot, timeout_s=0)
            api.objects[DEPLOYMENT]["status"]["observedGeneration"] = 3
            snapshot.after = {**api.objects[DEPLOYMENT], "spec": {"replicas": 3}}
            await cluster.restore(snapshot)
        finally:
            await cluster.aclose()

    asyncio.run(work())
    assert rolled_out == ["x"]
    assert api.objects[DEPLOYMENT]["spec"] == {"replicas": 1}


def test_a_restore_that_leaves_something_behind_is_told(api: KubeApi) -> None:
    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find_manifest(MANIFEST)
        snapshot = await cluster.snapshot(ref)
        snapshot.after = await cluster.apply(ref, MANIFEST)
        api.on("DELETE", CONFIG, (200, status(200, "", "")))
        with pytest.raises(ClusterError, match=r"configmap/one .* is left behind: it is still"):
            await cluster.restore(snapshot, timeout_s=0)
        api.on("DELETE", CONFIG, forbidden("delete", "configmaps"))
        with pytest.raises(ClusterError, match=r"cannot delete configmap/one again .* verbs: "):
            await cluster.restore(snapshot)

    run(api, work)
