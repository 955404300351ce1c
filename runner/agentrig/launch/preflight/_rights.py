"""Preflight: what this account must be allowed to do, from the install to the last log line."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from agentrig.errors import ClusterError
from agentrig.kubernetes import Access
from agentrig.launch.preflight._findings import Findings, Missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_rights"]

# What following and collecting read, in the run's namespace.
_FOLLOWED = {
    ("batch", "jobs"): ("get", "list", "watch"),
    ("", "pods"): ("get", "list", "watch"),
    ("", "pods/log"): ("get",),
}
# Where helm keeps its releases, by its driver; others are no objects of the cluster.
_DRIVERS = {"": "secrets", "secret": "secrets", "secrets": "secrets",
            "configmap": "configmaps", "configmaps": "configmaps"}  # fmt: skip
_CORE = '""'
_KEPT = ("create", "delete", "get", "list", "update")
_INSTALLED = ("create", "delete", "get")
# Helm 4 installs by server-side apply, which is a patch.
_SERVER_SIDE = 4


async def check_rights(lookup: Lookup, rendered: Rendered, helm: tuple[int, int]) -> Findings:
    """Ask for everything at once; what is denied is told by namespace, as rules of a Role."""
    try:
        wanted = list(dict.fromkeys([access async for access in _wanted(lookup, rendered, helm)]))
        answers = await asyncio.gather(*map(lookup.is_allowed, wanted))
    except ClusterError as error:
        if error.status is None:
            raise
        return Findings(unchecked=(f"permissions: {error}",))
    denied = [access for access, allowed in zip(wanted, answers, strict=True) if not allowed]
    unchecked: tuple[str, ...] = ()
    if not await lookup.is_allowed(_events(rendered)):
        unchecked = ("the events of the namespace, so that a run in trouble tells less of why",)
    return Findings(missing=tuple(_told(denied)), unchecked=unchecked)


def _events(rendered: Rendered) -> Access:
    return Access(verb="watch", resource="events", namespace=rendered.namespace)


async def _wanted(
    lookup: Lookup, rendered: Rendered, helm: tuple[int, int]
) -> AsyncIterator[Access]:
    verbs = (*_INSTALLED, *(["patch"] if helm[0] >= _SERVER_SIDE else []))
    for manifest in rendered.objects:
        kind = await lookup.kind_of(manifest)
        if kind is None:
            continue  # told of by the check of the objects
        namespace = rendered.namespace_of(manifest) if kind.namespaced else None
        for verb in verbs:
            yield Access(verb=verb, group=kind.group, resource=kind.plural, namespace=namespace)
    for (group, resource), followed in _FOLLOWED.items():
        for verb in followed:
            yield Access(verb=verb, group=group, resource=resource, namespace=rendered.namespace)
    if kept := _DRIVERS.get(os.environ.get("HELM_DRIVER", "")):
        for verb in _KEPT:
            yield Access(verb=verb, resource=kept, namespace=rendered.namespace)


def _told(denied: Iterable[Access]) -> Iterator[Missing]:
    rules: dict[str | None, dict[tuple[str, str], list[str]]] = {}
    for one in denied:
        found = rules.setdefault(one.namespace, {}).setdefault((one.group, one.resource), [])
        found.append(one.verb)
    for namespace, resources in rules.items():
        where = f"in namespace {namespace}" if namespace else "in the cluster"
        may_not = "; ".join(
            f"{', '.join(verbs)} {resource}{f'.{group}' if group else ''}"
            for (group, resource), verbs in resources.items()
        )
        needed = ", ".join(
            f"{{apiGroups: [{group or _CORE}], resources: [{resource}], verbs: [{', '.join(verbs)}]}}"
            for (group, resource), verbs in resources.items()
        )
        role = "Role" if namespace else "ClusterRole"
        yield Missing(
            what=f"this account may not, {where}: {may_not}", do=f"its {role} needs {needed}"
        )
