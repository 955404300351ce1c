"""Kinds of object: how they are written, and where the API has them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from agentrig.errors import ClusterError, UsageError
from agentrig.kubernetes._errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.kubernetes._api import Api

__all__ = ["WORKLOADS", "Kind", "Kinds", "ObjectRef", "split_reference"]

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


class Kind(Struct, frozen=True):
    """A kind that the API serves, in one version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """What a manifest has as its `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """Give the URL's path of an object, or of the whole list."""
        parts = ["apis" if self.group else "api", self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        return "/" + "/".join(parts)


class ObjectRef(Struct, frozen=True, kw_only=True):
    """One object; `namespace` is None for a kind that has none, `text` is how it was written."""

    kind: Kind
    name: str
    namespace: str | None
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def path(self) -> str:
        """The URL's path of the object."""
        return self.kind.path(self.namespace, self.name)

    @property
    def where(self) -> str:
        """Where the object is, for messages."""
        return f"namespace {self.namespace}" if self.namespace else "the cluster"


def split_reference(text: str) -> tuple[str, str]:
    """Split `KIND/NAME`. Raises UsageError for anything else."""
    kind, _, name = text.partition("/")
    if not kind or not name or "/" in name:
        raise UsageError(f"'{text}' is no reference to an object: write KIND/NAME, as pod/x")
    return kind, name


# What nearly every test names; found without asking the API. Short names as kubectl's.
_KNOWN: dict[str, Kind] = {}
for _short, _kind in {
    "po": Kind("", "v1", "Pod", "pods"),
    "svc": Kind("", "v1", "Service", "services"),
    "cm": Kind("", "v1", "ConfigMap", "configmaps"),
    "": Kind("", "v1", "Secret", "secrets"),
    "sa": Kind("", "v1", "ServiceAccount", "serviceaccounts"),
    "pvc": Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    "ns": Kind("", "v1", "Namespace", "namespaces", namespaced=False),
    "no": Kind("", "v1", "Node", "nodes", namespaced=False),
    "ev": Kind("", "v1", "Event", "events"),
    "deploy": Kind("apps", "v1", "Deployment", "deployments"),
    "sts": Kind("apps", "v1", "StatefulSet", "statefulsets"),
    "ds": Kind("apps", "v1", "DaemonSet", "daemonsets"),
    "rs": Kind("apps", "v1", "ReplicaSet", "replicasets"),
    "job": Kind("batch", "v1", "Job", "jobs"),
    "cj": Kind("batch", "v1", "CronJob", "cronjobs"),
}.items():
    for _name in filter(None, (_short, _kind.plural, _kind.kind.lower())):
        _KNOWN[_name] = _kind


class Kinds:
    """The kinds that the API serves; each version of a group is asked for once."""

    def __init__(self, api: Api) -> None:
        """Know the usual ones; the others are looked up when they are named."""
        self._api = api
        self._served: dict[str, tuple[tuple[Kind, frozenset[str]], ...]] = {}

    def forget(self) -> None:
        """Ask the API again from now on: a definition was added or taken away."""
        self._served.clear()

    async def named(self, text: str) -> Kind:
        """Find a kind as kubectl does: `pod`, `pods`, `po`, `widgets.example.com`,
        `widgets.v1.example.com`. Raises ClusterError where it is not served.
        """  # noqa: D205  # the forms belong together
        name, _, group = text.lower().partition(".")
        if not group and name in _KNOWN:
            return _KNOWN[name]
        for version in await self._versions(group):
            for kind, names in await self._kinds(version):
                if name in names:
                    return kind
        raise ClusterError(f"the API serves no kind '{text}'", status=404)

    async def of_manifest(self, manifest: Mapping[str, Any]) -> Kind:
        """Find the kind that a manifest is of, by its `apiVersion` and `kind`."""
        api_version, name = manifest["apiVersion"], manifest["kind"]
        for known in _KNOWN.values():
            if (known.api_version, known.kind) == (api_version, name):
                return known
        for kind, _ in await self._kinds(api_version):
            if kind.kind == name:
                return kind
        message = f"the API serves no kind '{name}' of apiVersion '{api_version}'"
        raise ClusterError(message, status=404)

    async def _versions(self, group: str) -> list[str]:
        """List the versions to look through: of `GROUP`, of `VERSION.GROUP`, or of all."""
        if group:
            head, _, tail = group.partition(".")
            for found in (await self._group(group), [f"{tail}/{head}"]):
                if found:
                    return found
        answer = await self._api.call("GET", "/apis")
        preferred = [one["preferredVersion"]["groupVersion"] for one in answer["groups"]]
        everything = ["v1", *preferred]
        # Side by side: a cluster has dozens.
        await asyncio.gather(*(self._kinds(version) for version in everything))
        return everything

    async def _group(self, group: str) -> list[str]:
        try:
            answer = await self._api.call("GET", f"/apis/{quote(group, safe='')}")
        except Refusal as refusal:
            if refusal.is_missing:
                return []
            raise
        preferred = answer["preferredVersion"]["groupVersion"]
        others = [one["groupVersion"] for one in answer["versions"]]
        return [preferred, *(one for one in others if one != preferred)]

    async def _kinds(self, api_version: str) -> tuple[tuple[Kind, frozenset[str]], ...]:
        if api_version not in self._served:
            prefix = "/apis/" if "/" in api_version else "/api/"
            try:
                answer = await self._api.call("GET", prefix + quote(api_version))
            except Refusal as refusal:
                # 503: an aggregated API whose server is away must not hide all other kinds.
                if refusal.is_missing or refusal.status == 503:  # noqa: PLR2004  # an HTTP status
                    return ()
                raise
            self._served[api_version] = tuple(_served(api_version, answer["resources"]))
        return self._served[api_version]


def _served(
    api_version: str, resources: list[dict[str, Any]]
) -> Iterator[tuple[Kind, frozenset[str]]]:
    group, _, version = api_version.rpartition("/")
    for one in resources:
        if "/" in one["name"]:  # a subresource
            continue
        kind = Kind(group, version, one["kind"], one["name"], one["namespaced"])
        names = {one["name"], one["kind"].lower(), one.get("singularName", "")}
        yield kind, frozenset(names | set(one.get("shortNames") or ())) - {""}
