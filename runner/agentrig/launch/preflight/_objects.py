"""Preflight: whether the API would take what the chart makes, and the pod that the Job makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentrig.errors import ClusterError
from agentrig.launch.preflight._findings import Findings, lacks, together

if TYPE_CHECKING:
    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_namespace", "check_objects"]

_DENIED, _MISSING, _CONFLICT = 403, 404, 409
# RBAC's own refusal, which the check of the rights tells better; quota and admission say others.
_NO_RIGHT = re.compile(r"is forbidden: User .* cannot ")
# An account that is made together with the run cannot be tried before: its policy may differ.
_BY_ACCOUNT = "security context constraint"
_REASON = re.compile(r"^cannot [^:]*: (.*) \(HTTP \d+\)", re.DOTALL)
_NO_CLASS = re.compile(r"no PriorityClass with name|RuntimeClass.* not found")
_WORDS = {
    "violates PodSecurity": "the namespace enforces a Pod Security level: see securityContext in "
    "the message, and leave podSecurityContext at its defaults",
    "exceeded quota": "free some of the quota, or lower resources.requests and resources.limits",
    "must specify": "the namespace's quota counts these: set resources.requests and .limits",
    "usage per": "the namespace's LimitRange bounds this: fit resources.requests and .limits to it",
    "attempting to grant": "nobody grants more than they have: let an administrator make the role, "
    "and name its account by serviceAccount.name",
}


async def check_namespace(
    lookup: Lookup, rendered: Rendered, *, will_be_made: bool
) -> tuple[bool, Findings]:
    """Look whether the namespaces are there; the first says so of the run's own.

    A namespace that may not be looked at is taken to be there: the other checks will tell.
    """
    own = rendered.namespace
    others = {rendered.namespace_of(one) for one in rendered.objects} - {own}
    found = await _is_there(lookup, own)
    findings = [
        lacks(f"namespace '{name}' does not exist, and the chart has objects for it",
              f"kubectl create namespace {name}")
        for name in sorted(others)
        if await _is_there(lookup, name) is False
    ]  # fmt: skip
    if found is False and not will_be_made:
        similar = await lookup.suggestion("namespaces", own, "")
        do = f"kubectl create namespace {own}, or add --create-namespace"
        findings.insert(0, lacks(f"namespace '{own}' does not exist{similar}", do))
    return found is not False, Findings().and_(findings)


async def _is_there(lookup: Lookup, namespace: str) -> bool | None:
    try:
        return await lookup.get("namespace", namespace, None) is not None
    except ClusterError as error:
        if error.status != _DENIED:
            raise
        return None


async def check_objects(
    lookup: Lookup, rendered: Rendered, *, namespace_is_there: bool
) -> Findings:
    """Let the API try each object, and the Job's pod, without keeping any (`dryRun=All`)."""
    checks = [_check_kind(lookup, manifest) for manifest in rendered.objects]
    if namespace_is_there:
        checks += [_try_object(lookup, rendered, manifest) for manifest in rendered.objects]
        checks.append(_try_pod(lookup, rendered))
    return await together(checks)


async def _check_kind(lookup: Lookup, manifest: dict[str, Any]) -> Findings:
    if await lookup.kind_of(manifest) is None:
        kind, version = manifest["kind"], manifest["apiVersion"]
        return lacks(
            f"the cluster knows no {kind} ({version}), which the chart makes",
            "install what defines it, or switch the value off that asks for it",
        )
    return Findings()


async def _try_object(lookup: Lookup, rendered: Rendered, manifest: dict[str, Any]) -> Findings:
    namespace, name = rendered.namespace_of(manifest), manifest["metadata"]["name"]
    kind = manifest["kind"].lower()
    if await lookup.kind_of(manifest) is None:
        return Findings()  # told of already
    try:
        await lookup.try_create(manifest, namespace=rendered.namespace)
    except ClusterError as error:
        if error.status == _CONFLICT:
            if await _was_left(lookup, rendered, manifest):
                return Findings()
            return lacks(
                f"{kind} '{name}' is in namespace {namespace} already, and is not this release's",
                "choose another name for the release, or remove it",
            )
        return _refused(error, f"{kind} '{name}' in namespace {namespace}")
    return Findings()


async def _was_left(lookup: Lookup, rendered: Rendered, manifest: dict[str, Any]) -> bool:
    """Whether an earlier release of this name has left an object, which helm then takes up again."""
    name = manifest["metadata"]["name"]
    try:
        found = await lookup.get(manifest["kind"].lower(), name, rendered.namespace_of(manifest))
    except ClusterError:
        return False
    marks = ((found or {}).get("metadata") or {}).get("annotations") or {}
    # Helm 3.2 and newer: adoption needs its two annotations, and the label managed-by.
    return (
        marks.get("meta.helm.sh/release-name") == rendered.release
        and marks.get("meta.helm.sh/release-namespace") == rendered.namespace
    )


async def _try_pod(lookup: Lookup, rendered: Rendered) -> Findings:
    template = rendered.job["spec"]["template"]
    spec, is_new = dict(template["spec"]), False
    account = spec.get("serviceAccountName")
    if account and await _has_no_account(lookup, rendered, account):
        # It comes with the release, or is told of as missing.
        is_new = True
        spec["serviceAccountName"] = "default"
        spec["automountServiceAccountToken"] = False
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **(template.get("metadata") or {}),
            "generateName": f"{rendered.job['metadata']['name']}-",
        },
        "spec": spec,
    }
    where = f"a pod of the run in namespace {rendered.namespace}"
    try:
        await lookup.try_create(pod, namespace=rendered.namespace)
    except ClusterError as error:
        if _NO_RIGHT.search(str(error)) or (is_new and _BY_ACCOUNT in str(error)):
            return Findings(unchecked=(f"whether {where} is admitted",))
        if _NO_CLASS.search(str(error)):
            return Findings()  # told of among the objects that the pod names
        return _refused(error, where)
    return Findings()


async def _has_no_account(lookup: Lookup, rendered: Rendered, account: str) -> bool:
    try:
        return await lookup.get("serviceaccount", account, rendered.namespace) is None
    except ClusterError as error:
        if error.status != _DENIED:
            raise
        return rendered.has("ServiceAccount", account)


def _refused(error: ClusterError, what: str) -> Findings:
    if error.status is None:
        raise error
    message = str(error)
    if _NO_RIGHT.search(message) or error.status == _MISSING:
        return Findings()  # the checks of rights and namespaces tell it better
    found = _REASON.search(message)
    reason = found[1] if found else message
    do = next((do for word, do in _WORDS.items() if word in reason), "change what it names")
    return lacks(f"the cluster refuses {what}: {reason}", do)
