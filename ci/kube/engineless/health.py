"""How an engineless cluster fares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kube.backend import Component, Status
from kube.commands import succeeds
from kube.engineless.components import Spec, specs
from kube.engineless.config import API_URL
from kube.engineless.layout import NODE_NAME
from kube.engineless.namespaces import find_roots, members
from kube.engineless.probes import admin_tls, get_json, inside_network, problem_of

if TYPE_CHECKING:
    import ssl

    from kube.engineless.layout import Layout
    from kube.engineless.processes import Process

CONTAINERD_S = 10


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that has a root process, which is all that "up" needs to mean."""

    layout: Layout
    root: Process

    @classmethod
    def find(cls, layout: Layout) -> Cluster | None:
        """Return the cluster in `layout`, None if it is down."""
        roots = find_roots(layout)
        return cls(layout, roots[0]) if roots else None

    @property
    def binaries(self) -> Path:
        """Where its programs lie."""
        return Path(self.root.argv[0]).parent

    @property
    def specs(self) -> dict[str, Spec]:
        """Its components by name."""
        return specs(self.layout, self.binaries)

    def running(self) -> dict[str, int]:
        """Return the process ids, on the host, of the components that run."""
        namespace = self.root.namespace("pid")
        by_argv = {each.argv: each.pid for each in members(namespace)} if namespace else {}
        return {n: by_argv[spec.argv] for n, spec in self.specs.items() if spec.argv in by_argv}

    def problem_of(self, spec: Spec, tls: ssl.SSLContext) -> str | None:
        """Return why a component that runs is not well, None if it is."""
        if spec.health is None:
            socket = self.layout.containerd_socket
            answers = succeeds(["ctr", f"--address={socket}", "version"], timeout_s=CONTAINERD_S)
            return None if answers else f"no answer at {socket}"
        return inside_network(self.root, partial(problem_of, spec.health, tls))

    def node_problem(self, tls: ssl.SSLContext) -> str | None:
        """Return why the node is not ready, None if it is."""
        node = inside_network(
            self.root, lambda: get_json(f"{API_URL}/api/v1/nodes/{NODE_NAME}", tls)
        )
        if node is None:
            return f"the node '{NODE_NAME}' has not registered"
        conditions = {each["type"]: each for each in node["status"].get("conditions", [])}
        ready = conditions.get("Ready", {"status": "Unknown"})
        if ready["status"] == "True":
            return None
        return f"the node '{NODE_NAME}' is not ready: {ready.get('message', 'no word from it')}"


def look(layout: Layout) -> Status:
    """Return the status of the cluster in `layout`."""
    cluster = Cluster.find(layout)
    if cluster is None:
        logs = layout.old_logs if layout.old_logs.is_dir() else None
        return Status(backend="engineless", problem="the cluster is down", logs=logs)
    try:
        tls = admin_tls(layout)
    except OSError:
        return Status(backend="engineless", problem="the cluster is half-made", logs=layout.log)
    running = cluster.running()
    components = [
        Component(
            name=name,
            pid=running.get(name),
            problem=cluster.problem_of(spec, tls) if name in running else "does not run",
        )
        for name, spec in cluster.specs.items()
    ]
    problem = cluster.node_problem(tls)
    return Status(
        backend="engineless",
        problem=problem,
        node=None if problem else f"{NODE_NAME} is ready",
        components=components,
        kubeconfig=layout.kubeconfig("admin"),
        logs=layout.log,
    )
