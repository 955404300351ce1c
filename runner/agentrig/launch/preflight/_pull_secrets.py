"""Preflight: how the image comes to the node, as far as the API tells."""

from __future__ import annotations

import base64
import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agentrig.launch.preflight._findings import Findings, lacks, together, unless_denied
from agentrig.launch.preflight._images import images_of, known_names, registry_of

if TYPE_CHECKING:
    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_pull_secrets"]

_TYPES = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}
# A node tells of so many images at most (kubelet's nodeStatusMaxImages).
_TOLD_IMAGES = 50


async def check_pull_secrets(lookup: Lookup, rendered: Rendered) -> Findings:
    """Check the pull secrets, and whether an image that is never pulled is on a node."""
    spec, namespace = rendered.pod_spec, rendered.namespace
    images = images_of(spec)
    named = [one["name"] for one in spec.get("imagePullSecrets") or ()]
    checks = [
        unless_denied(
            _check_secret(lookup, name, namespace, list(images)),
            f"pull secret {name} in namespace {namespace}",
        )
        for name in named
        if not rendered.has("Secret", name)
    ]
    checks += [
        unless_denied(_check_on_node(lookup, image), f"whether a node has the image {image}")
        for image, policy in images.items()
        if policy == "Never"
    ]
    return await together(checks)


async def _check_secret(lookup: Lookup, name: str, namespace: str, images: list[str]) -> Findings:
    found = await lookup.get("secret", name, namespace)
    registries = sorted({registry_of(image) for image in images})
    make = (
        f"kubectl create secret docker-registry {name} -n {namespace} "
        f"--docker-server={registries[0]} --docker-username=... --docker-password=..."
    )
    if found is None:
        similar = await lookup.suggestion("secrets", name, namespace)
        return lacks(f"pull secret '{name}' does not exist in namespace {namespace}{similar}", make)
    key = _TYPES.get(found.get("type", ""))
    if key is None:
        return lacks(
            f"secret '{name}' in namespace {namespace} is of type {found.get('type')}, "
            "and holds no credentials of a registry",
            make,
        )
    hosts = _hosts(found, key)
    if hosts is None:
        return lacks(
            f"pull secret '{name}' in namespace {namespace}: its '{key}' cannot be read", make
        )
    if not any(_covers(host, registry) for host in hosts for registry in registries):
        return lacks(
            f"pull secret '{name}' in namespace {namespace} has no credentials for "
            f"{' or '.join(registries)}: it has some for {', '.join(hosts) or 'none'}",
            make,
        )
    return Findings()


async def _check_on_node(lookup: Lookup, image: str) -> Findings:
    nodes = await lookup.list("nodes", "")
    names = known_names(image)
    for node in nodes:
        told = (node.get("status") or {}).get("images") or ()
        if len(told) >= _TOLD_IMAGES or any(names & set(one.get("names") or ()) for one in told):
            return Findings()
    # It may have been loaded a moment ago.
    doubt = (
        f"no node tells of image {image}, and image.pullPolicy is Never; they tell up to a minute "
        "late. To load it: kind load docker-image"
    )
    return Findings(doubted=(doubt,))


def _hosts(secret: dict[str, Any], key: str) -> list[str] | None:
    try:
        content = json.loads(base64.b64decode(secret["data"][key]))
        auths = content["auths"] if key == ".dockerconfigjson" else content
        return sorted(_host(one) for one in auths)
    except (KeyError, TypeError, ValueError):
        return None


def _host(name: str) -> str:
    """Give the host of a key such as `https://index.docker.io/v1/` or `quay.io/team`."""
    host = urlsplit(name if "://" in name else f"//{name}").netloc
    return "docker.io" if host in {"index.docker.io", "registry-1.docker.io"} else host


def _covers(host: str, registry: str) -> bool:
    # The kubelet takes patterns too: `*.example.com`.
    return fnmatch(registry, host)
