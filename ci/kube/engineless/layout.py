"""Where an engineless cluster keeps its files, and the addresses and names it uses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kube.errors import ClusterError

DEFAULT_FOLDER = "/var/lib/agentrig-cluster"

# Ranges for documentation and for benchmarks (RFC 5737, RFC 2544): no real network has them.
NODE_ADDRESS = "192.0.2.2"
POD_RANGE = "198.18.0.0/16"
SERVICE_RANGE = "198.19.0.0/16"
FIRST_SERVICE_ADDRESS = "198.19.0.1"

NODE_NAME = "rig"
CLUSTER_DOMAIN = "cluster.local"
API_PORT = 6443
PAUSE_IMAGE = "localhost/pause:1"

# A socket's path has at most 107 bytes; the longest below the folder has 50 or so.
LONGEST_FOLDER = 55


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the cluster in `folder`: `live` while it is up, `logs` of those before."""

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Layout:
        """Return the layout in `folder`; raise ClusterError if no cluster can live there."""
        path = Path(folder).absolute().resolve()
        if len(str(path)) > LONGEST_FOLDER:
            raise ClusterError(
                f"--dir {path} is too long for the sockets in it",
                hint=f"it may have {LONGEST_FOLDER} characters",
            )
        if path.parts[:2] in {("/", "run"), ("/", "proc"), ("/", "sys"), ("/", "dev")}:
            raise ClusterError(
                f"--dir {path} cannot hold images", hint=f"try one like {DEFAULT_FOLDER}"
            )
        if path.is_dir() and {entry.name for entry in path.iterdir()} - {"live", "logs"}:
            raise ClusterError(
                f"--dir {path} holds files of others",
                hint="give a folder that is empty, new, or a cluster's already",
            )
        return cls(path)

    @property
    def live(self) -> Path:
        """All that `down` removes."""
        return self.folder / "live"

    @property
    def log(self) -> Path:
        """One log for each component, and `pods/`."""
        return self.live / "log"

    @property
    def old_logs(self) -> Path:
        """Logs of clusters that are down, one folder each, named by time."""
        return self.folder / "logs"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.live / "pki"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return self.live / "containerd.sock"

    @property
    def tuned(self) -> Path:
        """Stand-ins for kernel settings: see `namespaces.py`."""
        return self.live / "tuned"

    @property
    def cgroup(self) -> str:
        """The name of the cluster's control group, in every hierarchy."""
        return f"agentrig-{hashlib.sha256(bytes(self.folder)).hexdigest()[:8]}"

    def kubeconfig(self, user: str) -> Path:
        """Return the kubeconfig of `user`."""
        return self.live / f"{user}.kubeconfig"

    def log_of(self, name: str) -> Path:
        """Return the log of the component `name`."""
        return self.log / f"{name}.log"
