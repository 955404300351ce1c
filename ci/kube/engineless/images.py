"""Bring images of this machine into the cluster's containerd."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from kube.archive import contents_of
from kube.buildah import BUILDAH, image_id
from kube.commands import run
from kube.errors import ClusterError

if TYPE_CHECKING:
    from kube.engineless.layout import Layout

COPY_S = 300

# A label in containerd: the id of the image that was copied. The copy has another one.
COPY_OF = "agentrig/copy-of"


def load_image(layout: Layout, image: str) -> list[str]:
    """Import a local image, or those of an archive; return the names that the cluster has now.

    An image that the cluster has already, under the same name, is not copied again.
    """
    if Path(image).is_file():
        return _import(layout, Path(image))
    buildah_id = image_id(image)
    identity = buildah_id or _docker_id(image)
    if identity is None:
        raise ClusterError(
            f"neither buildah nor Docker has an image '{image}', and there is no such file",
            hint="build it first (ci/image does)",
        )
    mark = f"{COPY_OF}={identity}"
    if mark in _images(layout).get(image, ""):
        return [image]
    with tempfile.TemporaryDirectory(dir=layout.live) as folder:
        archive = Path(folder, "image.tar")
        # Docker's format: buildah compresses the layers of OCI's, which takes 1.5 s a 100 MB.
        export = (
            [*BUILDAH, "push", "--quiet", image, f"docker-archive:{archive}:{image}"]
            if buildah_id
            else ["docker", "save", f"--output={archive}", image]
        )
        run(export, timeout_s=COPY_S)
        names = _import(layout, archive)
    for name in names:
        run([*_ctr(layout), "images", "label", name, mark], timeout_s=COPY_S)
    return names


def _docker_id(image: str) -> str | None:
    """Return the id of an image of the Docker engine's, None without the image or the engine."""
    try:
        inspect = ["docker", "image", "inspect", "--format={{.Id}}", image]
        return run(inspect, timeout_s=COPY_S).strip()
    except ClusterError:
        return None


def _import(layout: Layout, archive: Path) -> list[str]:
    contents = contents_of(archive)
    names = list(contents.names)
    if not names:
        raise ClusterError(f"the images in {archive} have no names")
    options = []
    if contents.format == "oci":
        # Its names are relative unless containerd is told a whole one. Docker's are whole: a
        # second record of the same name would have the first one's content collected at once.
        if len(names) > 1:
            raise ClusterError(f"{archive} holds several images: {', '.join(names)}")
        options = ["--index-name", names[0]]
    run([*_ctr(layout), "images", "import", *options, str(archive)], timeout_s=COPY_S)
    missing = [name for name in names if name not in _images(layout)]
    if missing:
        raise ClusterError(f"containerd took {archive}, but not the name {', '.join(missing)}")
    return names


def _images(layout: Layout) -> dict[str, str]:
    """Return the cluster's images: by name, the line that `ctr` has for each, with its labels."""
    lines = run([*_ctr(layout), "images", "list"], timeout_s=COPY_S).splitlines()[1:]
    return {line.split(maxsplit=1)[0]: line for line in lines}


def _ctr(layout: Layout) -> list[str]:
    return ["ctr", f"--address={layout.containerd_socket}", "--namespace=k8s.io"]
