"""What the reference of an image says: its registry, and the names that nodes know it by."""

from __future__ import annotations

from typing import Any

__all__ = ["images_of", "known_names", "registry_of"]

_DOCKER_HUB = "docker.io"


def images_of(spec: dict[str, Any]) -> dict[str, str]:
    """Give the images of a PodSpec with their pull policies."""
    containers = (*(spec.get("initContainers") or ()), *spec["containers"])
    return {one["image"]: one.get("imagePullPolicy") or "" for one in containers}


def registry_of(image: str) -> str:
    """Give the host (and port) that an image is pulled from."""
    first, slash, _ = image.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return first if is_host else _DOCKER_HUB


def known_names(image: str) -> set[str]:
    """Give all that a node may call an image: the runtime spells the short forms out."""
    names = {image}
    if registry_of(image) == _DOCKER_HUB and not image.startswith(f"{_DOCKER_HUB}/"):
        path = image if "/" in image else f"library/{image}"
        names.add(f"{_DOCKER_HUB}/{path}")
    return names
