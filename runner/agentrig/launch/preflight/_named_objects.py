"""Preflight: what the pod names must be there, with the keys that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.launch.preflight._findings import Findings, lacks, together, unless_denied
from agentrig.launch.preflight._pull_secrets import check_pull_secrets
from agentrig.launch.preflight._references import needed_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup
    from agentrig.launch.preflight._references import Needed

__all__ = ["check_references"]

# What Kubernetes puts into each namespace itself.
_EVERYWHERE = ("ConfigMap", "kube-root-ca.crt")
_QUEUE = "kueue.x-k8s.io/queue-name"
_CSI_SECRETS = "secrets-store.csi.k8s.io"


async def check_references(lookup: Lookup, rendered: Rendered) -> Findings:
    """Look for all that the run's pods need and the chart does not bring with it."""
    namespace = rendered.namespace
    made = rendered.made_secrets
    checks = [
        unless_denied(
            _check_needed(lookup, needed, namespace),
            f"{needed.kind.lower()} {needed.name} in namespace {namespace}",
        )
        for needed in needed_objects(rendered.pod_spec, *rendered.install_hooks)
        if not rendered.has(needed.kind, needed.name)
        and not (needed.kind == "Secret" and needed.name in made)
    ]
    checks.append(check_pull_secrets(lookup, rendered))
    checks += [
        unless_denied(_check_there(lookup, kind, name, where, do), f"{kind} {name}")
        for kind, name, where, do in _others(rendered)
    ]
    return await together(checks)


async def _check_needed(lookup: Lookup, needed: Needed, namespace: str) -> Findings:
    word = needed.kind.lower()
    used = ", ".join(needed.used_by)
    create = "generic " if needed.kind == "Secret" else ""
    keys = "".join(f" --from-literal={key}=..." for key in needed.keys)
    found = await lookup.get(word, needed.name, namespace)
    if found is None and (needed.kind, needed.name) == _EVERYWHERE:
        return Findings()  # the namespace is new, or told of as missing
    if found is None:
        similar = await lookup.suggestion(f"{word}s", needed.name, namespace)
        return lacks(
            f"{word} '{needed.name}' does not exist in namespace {namespace} ({used}){similar}",
            f"kubectl create {word} {create}{needed.name} -n {namespace}{keys}",
        )
    there = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    absent = [key for key in needed.keys if key not in there]
    if absent:
        which = ", ".join(f"'{key}'" for key in absent)
        has = ", ".join(sorted(there)) or "none"
        return lacks(
            f"{word} '{needed.name}' in namespace {namespace} has no key {which} ({used})",
            f"add it, or name one that is there: {has}",
        )
    return Findings()


async def _check_there(
    lookup: Lookup, kind: str, name: str, namespace: str | None, do: str
) -> Findings:
    found = await lookup.get(kind, name, namespace)
    where = f" in namespace {namespace}" if namespace else ""
    if found is None:
        similar = await lookup.suggestion(kind, name, namespace or "")
        word = kind.partition(".")[0]
        return lacks(f"{word} '{name}' does not exist{where}{similar}", do)
    if kind == "persistentvolumeclaim" and (found.get("status") or {}).get("phase") == "Lost":
        return lacks(f"{kind} '{name}'{where} has lost its volume", "make the claim anew")
    return Findings()


def _others(rendered: Rendered) -> Iterator[tuple[str, str, str | None, str]]:
    """Name the other objects of a pod's spec: kind, name, namespace, what to do without it."""
    spec, namespace = rendered.pod_spec, rendered.namespace
    account = spec.get("serviceAccountName")
    if account and account != "default" and not rendered.has("ServiceAccount", account):
        do = f"set serviceAccount.create=true, or kubectl create sa {account} -n {namespace}"
        yield "serviceaccount", account, namespace, do
    for volume in spec.get("volumes") or ():
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim and not rendered.has("PersistentVolumeClaim", claim):
            do = f"make the claim, or remove the volume '{volume['name']}'"
            yield "persistentvolumeclaim", claim, namespace, do
        csi = volume.get("csi") or {}
        if csi.get("driver") == _CSI_SECRETS:
            provider = (csi.get("volumeAttributes") or {}).get("secretProviderClass")
            if provider and not rendered.has("SecretProviderClass", provider):
                do = f"make it, or remove the volume '{volume['name']}'"
                yield "secretproviderclass", provider, namespace, do
    labels = rendered.job["metadata"].get("labels") or {}
    if queue := labels.get(_QUEUE):
        do = "make the LocalQueue, or the Job waits for ever; kubectl get localqueues lists them"
        yield "localqueue.kueue.x-k8s.io", queue, namespace, do
    if name := spec.get("priorityClassName"):
        yield "priorityclass", name, None, "name one of: kubectl get priorityclasses"
    if name := spec.get("runtimeClassName"):
        yield "runtimeclass", name, None, "name one of: kubectl get runtimeclasses"
