"""The back end for Linux machines with root and Go, and no container engine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from kube.cache import exclusive
from kube.engineless.bring_up import bring_up
from kube.engineless.build import binaries_folder, build
from kube.engineless.health import Cluster, look
from kube.engineless.images import load_image
from kube.engineless.layout import Layout
from kube.engineless.namespaces import EXEC_VARIABLE
from kube.engineless.processes import wait_until
from kube.engineless.take_down import is_gone, latest_logs, take_down
from kube.errors import ClusterError
from kube.kubeconfig import become
from kube.packages import BUILDAH_NEEDS, CLUSTER_NEEDS, install_missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from kube.backend import Status
    from kube.steps import Steps

# An `up` may have to build everything; a `down` waits for it to end, or to be ended.
LOCK_S = 2000

# A busy machine may be late with an answer: only what stays unhealthy is started afresh.
PATIENCE_S = 15


class EnginelessBackend:
    """Kubernetes from source, in namespaces of its own: see `namespaces.py`."""

    name = "engineless"

    def __init__(self, folder: Path) -> None:
        self._layout = Layout.of(folder)

    def up(self, steps: Steps) -> None:
        """Bring the cluster up; one that is up but not well is taken down first."""
        _require_root()
        with self._lock():
            if self._is_fine(steps):
                return
            if not is_gone(self._layout):
                self._take_down(steps)
            if installed := install_missing(CLUSTER_NEEDS | BUILDAH_NEEDS):
                steps.done(f"installed {', '.join(installed)}")
            if log := build():
                steps.done(f"built the programs (log: {log})")
            try:
                bring_up(self._layout, binaries_folder(), steps)
            except BaseException as error:
                self._give_up(error, steps)
                raise
            steps.done("the cluster is up")

    def down(self, steps: Steps) -> None:
        """Remove all but the logs."""
        _require_root()
        with self._lock():
            if is_gone(self._layout):
                steps.done("the cluster is down already")
                return
            self._take_down(steps)

    def load(self, image: str, steps: Steps) -> None:
        """Copy an image of buildah's storage, or an archive, to the node."""
        _require_root()
        self._cluster()
        for name in load_image(self._layout, image):
            steps.done(f"the cluster has {name}")

    def exec(self, command: Sequence[str]) -> NoReturn:
        """Become `command` in the cluster's network; its files are the host's."""
        _require_root()
        root = self._cluster().root
        become(
            ["nsenter", f"--net=/proc/{root.pid}/ns/net", "--", *command],
            self._layout.kubeconfig("admin"),
            PATH=f"{self._layout.live}/tools{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            # No proxy can be reached from inside, and none is needed.
            NO_PROXY="*",
            no_proxy="*",
            **{EXEC_VARIABLE: str(self._layout.folder)},
        )

    def status(self) -> Status:
        """Ask each component how it is; that a cluster is down, anyone can see."""
        if Cluster.find(self._layout):
            _require_root()
        return look(self._layout)

    def _lock(self) -> AbstractContextManager[None]:
        return exclusive(self._layout.cgroup, timeout_s=LOCK_S)

    def _cluster(self) -> Cluster:
        cluster = Cluster.find(self._layout)
        if cluster is None:
            raise ClusterError("the cluster is down", hint="bring it up with: ci/cluster up")
        return cluster

    def _is_fine(self, steps: Steps) -> bool:
        """Return whether a healthy cluster of the present sources is up; say what ails it."""
        cluster = Cluster.find(self._layout)
        if cluster is None:
            return False
        if cluster.binaries != binaries_folder():
            steps.done("the cluster was built from other sources")
            return False
        status: Status

        def settled() -> bool:
            nonlocal status
            status = self.status()
            return status.healthy or any(each.pid is None for each in status.components)

        wait_until(settled, timeout_s=PATIENCE_S, every_s=0.5)
        if status.healthy:
            steps.done(f"the cluster is up and healthy (kubeconfig: {status.kubeconfig})")
            return True
        steps.done(f"the cluster is not healthy: {'; '.join(status.problems)}")
        return False

    def _take_down(self, steps: Steps) -> None:
        left = take_down(self._layout)
        if left:
            raise ClusterError(
                "could not remove all of the cluster", hint="\n".join(["still there:", *left])
            )
        logs = latest_logs(self._layout)
        steps.done(f"the cluster is down (logs: {logs})" if logs else "the cluster is down")

    def _give_up(self, error: BaseException, steps: Steps) -> None:
        """Take down what was half made; the error's log has moved with the others."""
        self._take_down(steps)
        logs = latest_logs(self._layout)
        if isinstance(error, ClusterError) and error.log and logs:
            error.log = logs / error.log.name


def _require_root() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise ClusterError(
            "the engineless cluster needs Linux and root",
            hint="run with sudo, or choose another one with --backend",
        )
