"""Programs that the cluster and the images need from the machine's own packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kube.commands import run
from kube.errors import ClusterError

INSTALL_S = 900
UPDATE_S = 300

# Plug-ins of the container network interface lie outside PATH; where depends on the system.
CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")

# What is looked for, and the Debian package that has it.
CLUSTER_NEEDS = {
    "bridge (CNI plug-in)": "containernetworking-plugins",
    "containerd": "containerd",
    "ctr": "containerd",
    "ip": "iproute2",
    "iptables": "iptables",
    "mount": "mount",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
    "setsid": "util-linux",
    "unshare": "util-linux",
}
BUILDAH_NEEDS = {"buildah": "buildah", "runc": "runc"}
BASE_IMAGE_NEEDS = {"mmdebstrap": "mmdebstrap"}


def install_missing(needs: dict[str, str]) -> list[str]:
    """Install the packages of the programs in `needs` that are missing; return their names.

    Raises ClusterError, naming them, where there is no apt-get or no root.
    """
    missing = [program for program in needs if not _is_there(program)]
    if not missing:
        return []
    packages = sorted({needs[program] for program in missing})
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise ClusterError(
            f"missing programs: {', '.join(missing)}",
            hint=f"Debian has them in: {' '.join(packages)} (install as root)",
        )
    _apt_install(packages)
    still = [program for program in missing if not _is_there(program)]
    if still:
        raise ClusterError(f"installed {', '.join(packages)}, yet missing: {', '.join(still)}")
    return packages


def cni_folder() -> Path | None:
    """Return the folder of the network plug-ins, None if there is none."""
    folders = (Path(folder) for folder in CNI_FOLDERS)
    return next((folder for folder in folders if (folder / "bridge").exists()), None)


def _is_there(program: str) -> bool:
    if program.endswith("(CNI plug-in)"):
        return cni_folder() is not None
    return shutil.which(program) is not None


def _apt_install(packages: list[str]) -> None:
    """Install, with fresh package lists only if those at hand will not do."""
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    try:
        run(install, timeout_s=INSTALL_S, env=env)
    except ClusterError:
        run([*apt, "update"], timeout_s=UPDATE_S, env=env)
        run(install, timeout_s=INSTALL_S, env=env)
