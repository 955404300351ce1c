"""Base images made from Debian packages, for where no registry can be reached."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kube.archive import write_archive
from kube.buildah import BUILDAH, image_id
from kube.commands import run
from kube.errors import ClusterError
from kube.images.mirror import apt_lines

SUITE = "trixie"  # Debian 13, with Python 3.13
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
BOOTSTRAP_S = 900
PULL_S = 120

# What nothing reads in a container. The copyright files stay, as the licences ask.
LEFT_OUT = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
)
# apt is not in the image; a list of the builder's own archives has no business there.
CLEAN_UP = 'rm -rf "$1/etc/apt/sources.list" "$1/var/cache/ldconfig" "$1"/var/log/*'


@dataclass(frozen=True, slots=True)
class Base:
    """A base image: the essential packages and `packages`."""

    name: str
    packages: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The name of the image, with a digest of its recipe: another recipe, another image."""
        recipe = "\n".join([SUITE, *self.packages, *LEFT_OUT, CLEAN_UP])
        return f"localhost/{self.name}:{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


RUN_BASE = Base("agentrig-base", ("ca-certificates", "python3"))
BUILD_BASE = Base("agentrig-build-base", ("ca-certificates", "python3", "python3-venv"))


def make_base(base: Base, log: Path) -> bool:
    """Make the image unless buildah has it; return whether there was something to do.

    Raises ClusterError where it cannot be made: without root, or not on Debian.
    """
    if image_id(base.tag):
        return False
    if os.geteuid() != 0:
        raise ClusterError("a base image of Debian packages can be made by root alone")
    if not KEYRING.exists():
        raise ClusterError(
            f"no {KEYRING}: this machine cannot verify Debian's packages",
            hint="give ready base images with --base and --build-base",
        )
    log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        layer, archive = Path(folder, "layer.tar"), Path(folder, "image.tar")
        run(
            [
                *("mmdebstrap", "--variant=essential", f"--include={','.join(base.packages)}"),
                *(f"--dpkgopt={option}" for option in LEFT_OUT),
                *(f"--keyring={KEYRING}", f"--customize-hook={CLEAN_UP}"),
                *(SUITE, str(layer), *apt_lines(SUITE)),
            ],
            log=log,
            timeout_s=BOOTSTRAP_S,
        )
        write_archive(archive, name=base.tag, layer=layer, config={"Cmd": ["python3"]})
        run([*BUILDAH, "pull", "--quiet", f"docker-archive:{archive}"], log=log, timeout_s=PULL_S)
    return True
