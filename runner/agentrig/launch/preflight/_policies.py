"""Preflight: what the run's NetworkPolicy lets it reach is there to be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.kubernetes import label_selector
from agentrig.launch.preflight._findings import Findings, lacks, together, unless_denied

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_policies"]

_NAME = "kubernetes.io/metadata.name"
# The cluster's DNS is listed at all the places where some cluster has it.
_DNS_PORT = 53


async def check_policies(lookup: Lookup, rendered: Rendered) -> Findings:
    """Look for the namespaces that the release's NetworkPolicies list, and for the pods in them.

    A policy says nothing of who is missing: a request that it does not let through just ends late.
    """
    return await together(
        unless_denied(
            _check(lookup, policy, namespace, selector),
            f"the pods that networkpolicy {policy} lets the run reach in namespace {namespace}",
        )
        for policy, namespace, selector in dict.fromkeys(_peers(rendered))
    )


async def _check(lookup: Lookup, policy: str, namespace: str, selector: str) -> Findings:
    if await lookup.get("namespace", namespace, None) is None:
        similar = await lookup.suggestion("namespaces", namespace, "")
        return lacks(
            f"namespace '{namespace}' does not exist, and networkpolicy '{policy}' lists it as one "
            f"to reach{similar}",
            "correct it in networkPolicy.targets, or in run.namespace",
        )
    if await lookup.list("pods", namespace, labels=selector):
        return Findings()
    which = f"pod with the labels {selector}" if selector else "pod"
    doubt = f"networkpolicy '{policy}' lets the run reach namespace {namespace}, and there is no {which}"
    return Findings(doubted=(doubt,))


def _peers(rendered: Rendered) -> Iterator[tuple[str, str, str]]:
    """Give the policy, the namespace and the label selector of each peer that names both."""
    for manifest in rendered.objects:
        if manifest["kind"] != "NetworkPolicy":
            continue
        for rule in (manifest.get("spec") or {}).get("egress") or ():
            if any(one.get("port") == _DNS_PORT for one in rule.get("ports") or ()):
                continue
            for peer in rule.get("to") or ():
                namespace = _namespace(peer)
                if namespace:
                    yield manifest["metadata"]["name"], namespace, _selector(peer)


def _namespace(peer: Mapping[str, Any]) -> str | None:
    labels = (peer.get("namespaceSelector") or {}).get("matchLabels") or {}
    return str(labels[_NAME]) if _NAME in labels else None


def _selector(peer: Mapping[str, Any]) -> str:
    selector = peer.get("podSelector")
    return label_selector({"spec": {"selector": selector}}) if selector else ""
