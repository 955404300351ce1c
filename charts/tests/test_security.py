"""Every Pod of both charts meets the `restricted` Pod Security Standard, and a little more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Render = Callable[..., list[dict[str, Any]]]

CHARTS = Path(__file__).resolve().parents[1]
CASES = [
    (chart, values)
    for chart in ("agentrig", "demo-agents")
    for values in [
        None,
        *sorted((CHARTS / chart / "ci").glob("*-values.yaml")),
        *sorted((CHARTS / chart / "values").glob("*.yaml")),
    ]
]
IDS = [f"{chart}-{values.stem if values else 'defaults'}" for chart, values in CASES]
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


@pytest.mark.parametrize(("chart", "values"), CASES, ids=IDS)
def test_pods_are_restricted(chart: str, values: Path | None, render: Render) -> None:
    options = ["--values", values] if values else []
    pods = list(pod_specs(render(chart, *options)))
    assert pods
    assert [problem for pod in pods for problem in restricted_problems(pod)] == []


@pytest.mark.parametrize(("chart", "values"), CASES, ids=IDS)
def test_root_is_read_only_and_tmp_is_not(chart: str, values: Path | None, render: Render) -> None:
    options = ["--values", values] if values else []
    for pod in pod_specs(render(chart, *options)):
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]


@pytest.mark.parametrize("mode", ["job", "cronjob", "hook"])
def test_no_token_without_rights(mode: str, render: Render) -> None:
    objects = render("agentrig", f"--set=mode={mode}")
    assert [pod["automountServiceAccountToken"] for pod in pod_specs(objects)] == [False]
    assert {item["kind"] for item in objects}.isdisjoint({"Role", "RoleBinding"})


@pytest.mark.parametrize("mode", ["job", "cronjob", "hook"])
@pytest.mark.parametrize("preset", ["read-pods", "patch-deployments"])
def test_rights_reach_the_account_of_the_pod(mode: str, preset: str, render: Render) -> None:
    options = [f"--set=mode={mode}", f"--set=rbac.preset={preset}", "--set=run.namespace=demo"]
    objects = render("agentrig", *options)
    by_kind = {item["kind"]: item for item in objects}
    (pod,) = pod_specs(objects)
    account, role, binding = (by_kind[kind] for kind in ("ServiceAccount", "Role", "RoleBinding"))
    assert pod["automountServiceAccountToken"] is True
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    assert binding["subjects"] == [
        {
            "kind": "ServiceAccount",
            "name": pod["serviceAccountName"],
            "namespace": account["metadata"]["namespace"],
        }
    ]
    assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == (
        "Role",
        role["metadata"]["name"],
    )
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"] == "demo"


def test_reading_pods_changes_nothing(render: Render) -> None:
    objects = render("agentrig", "--set=rbac.preset=read-pods")
    (role,) = [item for item in objects if item["kind"] == "Role"]
    assert [rule["resources"] for rule in role["rules"]] == [["pods", "pods/log"]]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_no_rule_has_a_wildcard_or_reads_secrets(render: Render) -> None:
    for chart, values in CASES:
        for item in render(chart, *(["--values", values] if values else [])):
            for rule in item.get("rules") or ():
                assert "*" not in str(rule)
                assert "secrets" not in rule["resources"]


def test_nothing_is_granted_in_the_whole_cluster_unasked(render: Render) -> None:
    for chart, values in CASES:
        asked = values is not None and "allowClusterWide: true" in values.read_text("utf-8")
        kinds = {item["kind"] for item in render(chart, *(["--values", values] if values else []))}
        assert kinds.isdisjoint({"ClusterRole", "ClusterRoleBinding"}) is not asked


def test_cluster_roles_of_one_name_in_two_namespaces_stay_apart(render: Render) -> None:
    values = CHARTS / "agentrig" / "ci" / "cluster-wide-values.yaml"
    names = [
        item["metadata"]["name"]
        for namespace in ("one", "two")
        for item in render("agentrig", "--values", values, namespace=namespace)
        if item["kind"] == "ClusterRole"
    ]
    assert len(set(names)) == 2


def test_the_rules_find_what_is_wrong() -> None:
    pod = {
        "hostNetwork": True,
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
        "containers": [
            {
                "name": "c",
                "ports": [{"containerPort": 1, "hostPort": 1}],
                "securityContext": {"privileged": True, "runAsUser": 0},
            }
        ],
    }
    assert restricted_problems(pod) == [
        "hostNetwork",
        "volume hostPath",
        "c: hostPort",
        "c: privileged",
        "c: runAsUser 0",
        "c: not runAsNonRoot",
        "c: allowPrivilegeEscalation",
        "c: capabilities not dropped",
        "c: no seccompProfile",
    ]


def pod_specs(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the spec of each Pod that the objects are or make."""
    for item in objects:
        match item["kind"]:
            case "Pod":
                yield item["spec"]
            case "Job" | "Deployment":
                yield item["spec"]["template"]["spec"]
            case "CronJob":
                yield item["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def restricted_problems(pod: dict[str, Any]) -> list[str]:
    """Name what the standard forbids (Kubernetes docs, Pod Security Standards, Restricted)."""
    problems = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    for volume in pod.get("volumes", []):
        problems += [f"volume {kind}" for kind in set(volume) - VOLUMES - {"name"}]
    if pod.get("securityContext", {}).get("sysctls"):
        problems.append("sysctls")
    containers = [*pod.get("initContainers", []), *pod["containers"]]
    return problems + [
        text for container in containers for text in container_problems(container, pod)
    ]


def container_problems(container: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one container; its own settings go before the Pod's."""
    own = container.get("securityContext", {})
    both = pod.get("securityContext", {}) | own
    name = container["name"]
    if any("hostPort" in port for port in container.get("ports", [])):
        yield f"{name}: hostPort"
    if own.get("privileged"):
        yield f"{name}: privileged"
    if own.get("procMount", "Default") != "Default":
        yield f"{name}: procMount"
    if both.get("runAsUser") == 0:
        yield f"{name}: runAsUser 0"
    if both.get("runAsNonRoot") is not True:
        yield f"{name}: not runAsNonRoot"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: allowPrivilegeEscalation"
    capabilities = own.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        yield f"{name}: capabilities not dropped"
    if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield f"{name}: no seccompProfile"
