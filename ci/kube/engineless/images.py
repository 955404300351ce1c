"""Bring images of this machine into the cluster's containerd."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kube.archive import names_in
from kube.buildah import BUILDAH, image_id
from kube.commands import run
from kube.errors import ClusterError

if TYPE_CHECKING:
    from kube.engineless.layout import Layout

COPY_S = 300


def load_image(layout: Layout, image: str) -> list[str]:
    """Import a local buildah image, or an archive; return the names that the cluster knows now.

    An image that the cluster has already, under the same name, is not copied again.
    """
    if Path(image).is_file():
        return _import(layout, Path(image))
    identity = image_id(image)
    if identity is None:
        raise ClusterError(
            f"no image '{image}' in buildah's storage, and no such file",
            hint="build it first (ci/image does)",
        )
    digests = _digests(layout)
    if image in digests and digests[image] == digests.get(f"sha256:{identity}"):
        return [image]
    with tempfile.TemporaryDirectory(dir=layout.live) as folder:
        archive = Path(folder, "image.tar")
        # Compressing takes longer than all the rest.
        target = f"oci-archive:{archive}:{image}"
        run(
            [*BUILDAH, "push", "--quiet", "--disable-compression", image, target],
            timeout_s=COPY_S,
        )
        return _import(layout, archive)


def _import(layout: Layout, archive: Path) -> list[str]:
    names = names_in(archive)
    if not names:
        raise ClusterError(f"the images in {archive} have no names")
    # A name in an OCI archive is relative unless containerd is told better; one can be told.
    options = ["--index-name", names[0]] if len(names) == 1 else []
    run([*_ctr(layout), "images", "import", *options, str(archive)], timeout_s=COPY_S)
    missing = [name for name in names if name not in _digests(layout)]
    if missing:
        raise ClusterError(f"containerd took {archive}, but not the name {', '.join(missing)}")
    return names


def _digests(layout: Layout) -> dict[str, str]:
    """Return the digest of each image's manifest by name; "sha256:ID" is a name as well."""
    lines = run([*_ctr(layout), "images", "list"], timeout_s=COPY_S).splitlines()[1:]
    rows = (line.split() for line in lines)
    return {row[0]: row[2] for row in rows}


def _ctr(layout: Layout) -> list[str]:
    return ["ctr", f"--address={layout.containerd_socket}", "--namespace=k8s.io"]
