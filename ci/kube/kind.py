"""The back end for machines with a Docker engine and `kind`. Untried: see `HELP`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kube.backend import Status
from kube.commands import run
from kube.kubeconfig import become, file_of, single_context, status_of_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.steps import Steps

HELP = "untried so far: written by kind's documentation, on a machine without Docker"
CLUSTER = "agentrig"
CONTEXT = f"kind-{CLUSTER}"
UP_S = 300


class KindBackend:
    """A cluster named `agentrig` of Kubernetes in Docker."""

    name = "kind"

    def up(self, steps: Steps) -> None:
        """Create the cluster unless it exists."""
        if self._exists():
            steps.done(f"the kind cluster '{CLUSTER}' is up")
            return
        run(["kind", "create", "cluster", "--name", CLUSTER, "--wait", "180s"], timeout_s=UP_S)
        steps.done(f"kind made the cluster '{CLUSTER}'")

    def down(self, steps: Steps) -> None:
        """Delete the cluster; kind succeeds when there is none."""
        run(["kind", "delete", "cluster", "--name", CLUSTER], timeout_s=UP_S)
        file_of(CONTEXT).unlink(missing_ok=True)
        steps.done(f"the kind cluster '{CLUSTER}' is down")

    def load(self, image: str, steps: Steps) -> None:
        """Copy a Docker image, or those of an archive, to the node."""
        kind = "image-archive" if Path(image).is_file() else "docker-image"
        run(["kind", "load", kind, image, "--name", CLUSTER], timeout_s=UP_S)
        steps.done(f"loaded {image}")

    def exec(self, command: Sequence[str]) -> NoReturn:
        """Become `command` with a KUBECONFIG that holds this cluster alone."""
        become(command, single_context(CONTEXT))

    def status(self) -> Status:
        """Ask the cluster for its nodes, if kind knows it."""
        if not self._exists():
            return Status(backend=self.name, problem="the cluster is down")
        return status_of_nodes(self.name, single_context(CONTEXT))

    def _exists(self) -> bool:
        return CLUSTER in run(["kind", "get", "clusters"], timeout_s=60).split()
