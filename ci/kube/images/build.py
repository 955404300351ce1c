"""Build the Dockerfile's targets: with Docker where its engine answers, else with buildah."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from kube.buildah import BUILDAH
from kube.cache import cache_folder
from kube.commands import run, succeeds
from kube.errors import ClusterError
from kube.images.base import BUILD_BASE, RUN_BASE, Base, make_base
from kube.packages import BASE_IMAGE_NEEDS, BUILDAH_NEEDS, install_missing

if TYPE_CHECKING:
    from kube.steps import Steps

REPOSITORY = Path(__file__).resolve().parents[3]
TAGS = {"core": "localhost/agentrig:dev", "demo": "localhost/agentrig-demo:dev"}
BUILD_S = 1200
SIZE_S = 60

# The machine's certificates, as a package index may be behind an authority of its own.
CERTIFICATES = Path("/etc/ssl/certs")
BUNDLE = CERTIFICATES / "ca-certificates.crt"


def build_images(
    tags: dict[str, str], *, bases: dict[str, str], source: Path, steps: Steps
) -> None:
    """Build `tags` ({target: name}) from the Dockerfile in `source` and print their sizes.

    `bases` gives values to the Dockerfile's arguments BASE and BUILD_BASE. If it is empty,
    Docker takes the Dockerfile's own, and for buildah they are made of Debian packages.
    """
    if not (source / "Dockerfile").is_file():
        raise ClusterError(f"no Dockerfile in {source}")
    log = cache_folder("image") / "build.log"
    log.unlink(missing_ok=True)
    if succeeds(["docker", "info"], timeout_s=15):
        command, size = ["docker", "build"], ["docker", "images", "--format={{.Size}}"]
    else:
        install_missing(BUILDAH_NEEDS if bases else BUILDAH_NEEDS | BASE_IMAGE_NEEDS)
        command, size = _buildah(), [*BUILDAH, "images", "--format={{.Size}}"]
        bases = bases or _made_bases(log.parent, steps)
    arguments = [f"--build-arg={name}={image}" for name, image in bases.items()]
    for target, tag in tags.items():
        run(
            [*command, *arguments, f"--target={target}", f"--tag={tag}", str(source)],
            log=log,
            timeout_s=BUILD_S,
        )
        steps.done(f"built {tag}: {run([*size, tag], timeout_s=SIZE_S).strip()}")


def _buildah() -> list[str]:
    """Return the command that builds where root has few powers, and no network of its own."""
    command = [*BUILDAH, "build", "--layers", "--isolation=chroot", "--network=host"]
    if BUNDLE.exists():
        command += [
            f"--volume={CERTIFICATES}:{CERTIFICATES}:ro",
            f"--build-arg=SSL_CERT_FILE={BUNDLE}",
        ]
    return command


def _made_bases(folder: Path, steps: Steps) -> dict[str, str]:
    """Make the bases that buildah lacks, at once: each takes one core 20 s."""

    def make(base: Base) -> None:
        if make_base(base, folder / f"{base.name}.log"):
            steps.done(f"made {base.tag}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(make, (RUN_BASE, BUILD_BASE)))
    return {"BASE": RUN_BASE.tag, "BUILD_BASE": BUILD_BASE.tag}
