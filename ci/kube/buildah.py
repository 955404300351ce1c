"""How buildah is called: one storage for those who build images and those who load them."""

from __future__ import annotations

from kube.commands import run
from kube.errors import ClusterError

# Where the kernel has overlayfs, as root has, it is the fastest; buildah may guess otherwise.
BUILDAH = ("buildah", "--storage-driver=overlay")
INSPECT_S = 60


def image_id(name: str) -> str | None:
    """Return the id of a local image, None if buildah has none of that name."""
    try:
        return run(
            [*BUILDAH, "inspect", "--type=image", "--format={{.FromImageID}}", name],
            timeout_s=INSPECT_S,
        ).strip()
    except ClusterError:
        return None
