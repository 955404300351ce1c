"""A chart rendered by a real Helm, and a cluster that has what a test puts into it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch import ChartSource, bundled_chart
from agentrig.launch._helm import Helm
from agentrig.launch._rendered import read_rendered
from agentrig.launch.preflight import (
    describe_missing,
    named_services,
    preflight,
    read_scenarios,
    scenario_files,
)
from agentrig.steps import step_kinds
from tests.launch.conftest import helm_folder, with_helm
from tests.support.kube_api import Asked, KubeApi, running_kube_api, status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from agentrig.launch.preflight import Findings

__all__ = ["helm_folder", "with_helm"]

CORE = "/api/v1"
DISCOVERY = "/apis/discovery.k8s.io"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
LISTS = (
    "pods",
    "secrets",
    "configmaps",
    "services",
    "namespaces",
    "nodes",
    "endpointslices",
    "roles",
    "storageclasses",
    "persistentvolumeclaims",
)


@dataclass
class World:
    """The cluster `api`; `denied` holds what may not be done, as `verb resource`."""

    api: KubeApi
    folder: Path
    denied: set[str] = field(default_factory=set)
    refused: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Answers to the creation of kinds, by the plural."""

    def __post_init__(self) -> None:
        self.api.rules.append(self._answer)
        for path, resources in (
            (f"{DISCOVERY}/v1", [("endpointslices", "EndpointSlice")]),
            (RBAC, [("roles", "Role"), ("rolebindings", "RoleBinding")]),
            ("/apis/networking.k8s.io/v1", [("networkpolicies", "NetworkPolicy")]),
            ("/apis/storage.k8s.io/v1", [("storageclasses", "StorageClass")]),
            ("/apis/scheduling.k8s.io/v1", [("priorityclasses", "PriorityClass")]),
        ):
            served = [
                {"name": name, "kind": kind, "namespaced": "Class" not in kind}
                for name, kind in resources
            ]
            self.api.on("GET", path, (200, {"resources": served}))
            group, version = path.removeprefix("/apis/").split("/")
            one = {"groupVersion": f"{group}/{version}"}
            self.api.on(
                "GET", f"/apis/{group}", (200, {"preferredVersion": one, "versions": [one]})
            )
        groups = [
            {"preferredVersion": {"groupVersion": f"{name}/v1"}}
            for name in (
                *("discovery.k8s.io", "scheduling.k8s.io"),
                *("rbac.authorization.k8s.io", "storage.k8s.io"),
            )
        ]
        self.api.on("GET", "/apis", (200, {"groups": groups}))
        self.api.on("GET", "/api/v1", (200, {"resources": []}))
        self.namespace("qa")
        self.namespace("demo")

    def namespace(self, name: str) -> None:
        self.api.objects[f"{CORE}/namespaces/{name}"] = {"metadata": {"name": name, "uid": name}}

    def core(self, kind: str, name: str, *, namespace: str = "qa", **content: Any) -> None:
        self.api.put(f"{CORE}/namespaces/{namespace}/{kind}/{name}", **content)

    def node(self, *images: str) -> None:
        names = [{"names": [one]} for one in images]
        self.api.objects[f"{CORE}/nodes/node-1"] = {
            "metadata": {"name": "node-1"},
            "status": {"images": names},
        }

    def storage_class(self, name: str, *, is_default: bool = False) -> None:
        mark = {"storageclass.kubernetes.io/is-default-class": "true"} if is_default else {}
        self.api.put(
            f"/apis/storage.k8s.io/v1/storageclasses/{name}", metadata={"annotations": mark}
        )

    def service(self, name: str, *, ready: bool | None = True, ports: Mapping[str, int]) -> None:
        """Put a Service into `demo`; `ready` None leaves it without any address."""
        told = [{"name": key, "port": port} for key, port in ports.items()]
        spec = {"clusterIP": "10.0.0.1", "ports": told, "selector": {"app": name}}
        self.core("services", name, namespace="demo", spec=spec)
        endpoints = [{"addresses": ["10.1.0.1"], "conditions": {"ready": ready}}]
        self.api.put(
            f"{DISCOVERY}/v1/namespaces/demo/endpointslices/{name}-1",
            metadata={"labels": {"kubernetes.io/service-name": name}},
            endpoints=[] if ready is None else endpoints,
            ports=told,
        )

    def check(self, values: Mapping[str, Any], *, helm: tuple[int, int] = (3, 18)) -> Findings:
        """Do the preflight of our chart with these values."""
        return asyncio.run(self._check(values, helm))

    def said(self, values: Mapping[str, Any]) -> str:
        """Write what a preflight finds."""
        findings = self.check(values)
        notes = [f"note: {one}\n" for one in findings.doubted]
        notes += [f"not checked: {one}\n" for one in findings.unchecked]
        return "".join(notes) + (describe_missing(findings) + "\n" if findings.missing else "")

    async def _check(self, values: Mapping[str, Any], helm: tuple[int, int]) -> Findings:
        file = self.folder / "values.yaml"
        file.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        source = ChartSource(chart=str(bundled_chart()), values=(str(file),))
        text = await Helm().template("rel", source, namespace="qa")
        rendered = read_rendered(text, release="rel", namespace="qa")
        settings = KubernetesSettings(namespace="qa", server=self.api.url)
        async with aclosing(AsyncCluster(settings)) as cluster:
            files = await scenario_files(cluster, rendered)
            scenarios = read_scenarios(files, step_kinds(), places={})
            return await preflight(
                cluster, rendered, services=named_services(rendered, scenarios), helm=helm
            )

    def _answer(self, asked: Asked) -> tuple[int, Any] | None:
        collection = asked.path.rpartition("/")[2]
        if asked.path.endswith("selfsubjectaccessreviews"):
            want = asked.body["spec"]["resourceAttributes"]
            sub = want.get("subresource")
            resource = want["resource"] + (f"/{sub}" if sub else "")
            allowed = f"{want['verb']} {resource}" not in self.denied
            return 201, {"status": {"allowed": allowed}}
        if asked.method == "POST":
            assert asked.query["dryRun"] == "All", "something would really be made"
            return self.refused.get(collection) or (201, asked.body)
        if asked.method == "GET" and f"get {asked.path.split('/')[-2]}" in self.denied:
            return 403, status(403, "Forbidden", f"{asked.path} is forbidden")
        if asked.method == "GET" and collection in LISTS:
            if f"list {collection}" in self.denied:
                return 403, status(403, "Forbidden", f"{asked.path} is forbidden")
            return 200, {"items": self._items(asked)}
        return None

    def _items(self, asked: Asked) -> list[Any]:
        label = asked.query.get("labelSelector", "").partition("=")
        return [
            one
            for path, one in self.api.objects.items()
            if path.rpartition("/")[0] == asked.path
            and (not label[0] or one["metadata"].get("labels", {}).get(label[0]) == label[2])
        ]


@pytest.fixture
def world(tmp_path: Path, with_helm: None) -> Iterator[World]:
    """Give a cluster with the namespaces `qa`, where runs are, and `demo`, where agents are."""
    del with_helm
    with running_kube_api() as api:
        yield World(api, tmp_path)
