"""The back end for a cluster that the user has already: nothing is made, nothing is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from kube.errors import ClusterError
from kube.kubeconfig import become, file_of, single_context, status_of_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.backend import Status
    from kube.steps import Steps


class ContextBackend:
    """A context of the user's kubeconfig."""

    name = "context"

    def __init__(self, context: str) -> None:
        self._context = context

    def up(self, steps: Steps) -> None:
        """Check that the cluster answers and that its nodes are ready."""
        status = self.status()
        if not status.healthy:
            raise ClusterError(f"context '{self._context}': {'; '.join(status.problems)}")
        steps.done(f"context '{self._context}' answers, nodes ready: {status.node}")

    def down(self, steps: Steps) -> None:
        """Forget the copy of the context; the cluster is the user's."""
        file_of(self._context).unlink(missing_ok=True)
        steps.done(f"context '{self._context}' is yours: nothing was removed from its cluster")

    def load(self, image: str, steps: Steps) -> None:
        """Say that images come from the user's registry."""
        steps.done(
            f"context '{self._context}' pulls '{image}' from a registry of yours: push it there"
        )

    def exec(self, command: Sequence[str]) -> NoReturn:
        """Become `command` with a KUBECONFIG that holds this context alone."""
        become(command, single_context(self._context))

    def status(self) -> Status:
        """Ask the cluster for its nodes."""
        return status_of_nodes(self.name, single_context(self._context))
