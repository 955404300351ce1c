"""Bring a cluster up in a folder where there is none."""

from __future__ import annotations

import tarfile
import time
from functools import partial
from typing import TYPE_CHECKING

from kube.archive import write_archive
from kube.commands import run
from kube.engineless.cgroups import make_cgroup
from kube.engineless.config import API_URL, write_config
from kube.engineless.health import Cluster
from kube.engineless.layout import PAUSE_IMAGE
from kube.engineless.namespaces import spawn, start_root
from kube.engineless.pki import make_pki
from kube.engineless.probes import admin_tls, get_json, inside_network
from kube.errors import ClusterError
from kube.packages import cni_folder

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from kube.engineless.layout import Layout
    from kube.steps import Steps

READY_S = 90
POLL_S = 0.05
IMPORT_S = 120

# A component that has been started but is not seen yet is about to become itself (exec).
GRACE_S = 1.0

# What the controllers make for a namespace, and what a pod in it cannot start without.
NAMESPACE_READY = ("serviceaccounts/default", "configmaps/kube-root-ca.crt")


def bring_up(layout: Layout, binaries: Path, steps: Steps) -> None:
    """Start everything and return when a pod could run.

    Raises ClusterError, with the log of the component that is late or has ended.
    """
    plugins = cni_folder()
    if plugins is None:
        raise ClusterError("the network plug-ins (CNI) are missing")
    layout.log.mkdir(parents=True)
    tools = layout.live / "tools"
    tools.mkdir()
    (tools / "kubectl").symlink_to(binaries / "kubectl")
    make_pki(layout.pki)
    write_config(layout, plugins)
    make_cgroup(layout.cgroup)
    cluster = Cluster(layout, start_root(layout, binaries))
    steps.done("namespaces, keys and configuration are made")

    tls = admin_tls(layout)
    start = _Starter(cluster, tls)
    start("containerd", "etcd")
    start.wait("etcd")
    start("kube-apiserver")
    start.wait("containerd")
    _import_pause(layout, binaries)
    steps.done("containerd and etcd answer")
    start.wait("kube-apiserver")
    steps.done("kube-apiserver answers")
    rest = ("kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")
    start(*rest)
    start.wait(*rest)
    steps.done("all components answer")
    start.wait_for("kubelet", lambda: cluster.node_problem(tls))
    start.wait_for("kube-controller-manager", lambda: _namespace_problem(cluster, tls))
    steps.done("the node is ready")


class _Starter:
    """Starts components, and waits for them for as long as they run and no longer."""

    def __init__(self, cluster: Cluster, tls: ssl.SSLContext) -> None:
        self._cluster = cluster
        self._specs = cluster.specs
        self._tls = tls

    def __call__(self, *names: str) -> None:
        for name in names:
            log = self._cluster.layout.log_of(name)
            spawn(self._cluster.root, self._specs[name].argv, log)

    def wait(self, *names: str) -> None:
        """Return when each of the components is well."""
        for name in names:
            find_problem = partial(self._cluster.problem_of, self._specs[name], self._tls)
            self.wait_for(name, find_problem)

    def wait_for(self, name: str, find_problem: Callable[[], str | None]) -> None:
        """Return when `find_problem` returns None, which it is up to `name` to bring about."""
        started_s = time.monotonic()
        looked_s = started_s
        while problem := find_problem():
            now_s = time.monotonic()
            log = self._cluster.layout.log_of(name)
            if now_s - looked_s > GRACE_S:
                looked_s = now_s
                if name not in self._cluster.running():
                    raise ClusterError(f"{name} has ended while it was starting", log=log)
            if now_s - started_s > READY_S:
                raise ClusterError(f"{name} is not ready after {READY_S} s: {problem}", log=log)
            time.sleep(POLL_S)


def _import_pause(layout: Layout, binaries: Path) -> None:
    """Give containerd the image of the pods' sandboxes: the program `pause` and nothing else."""
    layer, archive = layout.live / "pause-layer.tar", layout.live / "pause.tar"
    with tarfile.open(layer, "w") as content:
        content.add(binaries / "pause", "pause")
    write_archive(archive, name=PAUSE_IMAGE, layer=layer, config={"Entrypoint": ["/pause"]})
    ctr = ["ctr", f"--address={layout.containerd_socket}", "--namespace=k8s.io"]
    run([*ctr, "images", "import", str(archive)], timeout_s=IMPORT_S)
    layer.unlink()
    archive.unlink()


def _namespace_problem(cluster: Cluster, tls: ssl.SSLContext) -> str | None:
    base = f"{API_URL}/api/v1/namespaces/default"
    for item in NAMESPACE_READY:
        if inside_network(cluster.root, partial(get_json, f"{base}/{item}", tls)) is None:
            return f"there is no {item} in the namespace 'default'"
    return None
