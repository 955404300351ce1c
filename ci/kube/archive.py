"""Image archives: write one of a single layer, read the names in one.

Formats: Docker's image specification v1.2 (`docker save`) and the OCI image layout v1.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
OCI_NAME = "org.opencontainers.image.ref.name"


def write_archive(path: Path, *, name: str, layer: Path, config: Mapping[str, Any]) -> None:
    """Write a Docker archive of the image `name`: the tar file `layer` is all it has.

    `config` is the image's runtime configuration, for example {"Entrypoint": ["/pause"]}.
    """
    with layer.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    machine = platform.machine()
    image = json.dumps(
        {
            "architecture": ARCHITECTURES.get(machine, machine),
            "config": dict(config),
            "history": [{"created_by": "agentrig ci"}],  # buildah wants one entry a layer
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    image_file = f"{hashlib.sha256(image).hexdigest()}.json"
    manifest = [{"Config": image_file, "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        archive.add(layer, "layer.tar")
        _add(archive, image_file, image)
        _add(archive, "manifest.json", json.dumps(manifest).encode())


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds: images by name, in the format "docker" or "oci"."""

    format: str
    names: tuple[str, ...]


def contents_of(path: Path) -> Contents:
    """Return what is in an archive of images; raise ClusterError if it is none."""
    try:
        with tarfile.open(path) as archive:
            files = set(archive.getnames())
            if "manifest.json" in files:
                images = _read(archive, "manifest.json")
                return Contents("docker", tuple(n for image in images for n in image["RepoTags"]))
            if "index.json" in files:
                images = _read(archive, "index.json")["manifests"]
                notes = [image.get("annotations", {}) for image in images]
                return Contents("oci", tuple(note[OCI_NAME] for note in notes if OCI_NAME in note))
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise ClusterError(f"{path} is no image archive: {reason}") from None
    raise ClusterError(f"{path} is no image archive: no manifest.json or index.json in it")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _read(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file")
    return json.load(member)
