"""Preflight: the claim that results are kept in can be mounted, by all pods of the run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.launch.preflight._findings import Findings, lacks, unless_denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_claims"]

# The chart's name of the volume.
_VOLUME = "store"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_KEPT = "helm.sh/resource-policy"
_SHARED = "ReadWriteMany"
_INSTEAD = "use a claim that is ReadWriteMany, a bucket (results.store.url), or one pod at a time"


async def check_claims(lookup: Lookup, rendered: Rendered) -> Findings:
    """Look at the claim for results, whether it is there or comes with the release."""
    claim = next(
        (
            str(one["persistentVolumeClaim"]["claimName"])
            for one in rendered.pod_spec.get("volumes") or ()
            if one["name"] == _VOLUME and one.get("persistentVolumeClaim")
        ),
        None,
    )
    if claim is None:
        return Findings()
    own = next(_claims(rendered, claim), None)
    if own is None:
        where = f"persistentvolumeclaim {claim} in namespace {rendered.namespace}"
        return await unless_denied(_check_there(lookup, rendered, claim), where)
    stays = (own["metadata"].get("annotations") or {}).get(_KEPT) == "keep"
    doubt = (
        f"the claim '{claim}' is made for this release alone, and "
        + ("stays behind with its results" if stays else "goes with it, and its results too")
        + ": for more than one run name a claim by results.persistence.existingClaim"
    )
    what = f"the storage class of claim {claim}"
    return Findings(doubted=(doubt,)).and_([await unless_denied(_check_class(lookup, own), what)])


def _claims(rendered: Rendered, name: str) -> Iterator[dict[str, Any]]:
    for one in rendered.objects:
        if one["kind"] == "PersistentVolumeClaim" and one["metadata"]["name"] == name:
            yield one


async def _check_there(lookup: Lookup, rendered: Rendered, claim: str) -> Findings:
    found = await lookup.get("persistentvolumeclaim", claim, rendered.namespace)
    modes = ((found or {}).get("spec") or {}).get("accessModes") or ()
    if found is None or _SHARED in modes:
        return Findings()  # one that is missing is told of among all that the pod names
    where = f"claim '{claim}' in namespace {rendered.namespace}"
    shown = ", ".join(modes)
    if not any(mode.startswith("ReadWrite") for mode in modes):
        return lacks(f"{where} cannot be written ({shown}), and results go there", _INSTEAD)
    at_once = _pods_at_once(rendered)
    if at_once == 1:
        return Findings()
    if "ReadWriteOnce" in modes:
        doubt = f"{where} is {shown}: of {at_once} shards at once, those on other nodes will wait"
        return Findings(doubted=(f"{doubt}; {_INSTEAD}",))
    return lacks(f"{where} is {shown}, and {at_once} shards would need it at once", _INSTEAD)


async def _check_class(lookup: Lookup, claim: dict[str, Any]) -> Findings:
    name = claim["spec"].get("storageClassName")
    if name:
        if await lookup.get("storageclass", name, None) is None:
            similar = await lookup.suggestion("storageclasses", name, "")
            return lacks(
                f"storageclass '{name}' does not exist{similar}",
                "name one of: kubectl get storageclasses",
            )
        return Findings()
    classes = await lookup.list("storageclasses", "")
    marks = ((one["metadata"].get("annotations") or {}) for one in classes)
    if any(one.get(_DEFAULT_CLASS) == "true" for one in marks):
        return Findings()
    return lacks(
        f"no StorageClass is the cluster's default, so the claim '{claim['metadata']['name']}' "
        "would wait for ever",
        "name one by results.persistence.storageClassName: kubectl get storageclasses",
    )


def _pods_at_once(rendered: Rendered) -> int:
    spec = rendered.job["spec"]
    return min(int(spec.get("parallelism") or 1), max(rendered.shards, 1))
