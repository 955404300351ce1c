"""What is wrong with a run right now, before it is decided what becomes of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.launch._evidence import Trouble
from agentrig.launch._node_state import Node  # noqa: TC001  # msgspec resolves it

if TYPE_CHECKING:
    from agentrig.launch._pod_state import Pod

__all__ = ["Finding", "Place", "of_pod"]


class Finding(Struct, frozen=True, kw_only=True):
    """One trouble of one pod, or of the Job where `pod` is empty.

    `key` stays the same while the trouble does, whatever its words. It is told once it has been
    there for `told_after_s`, and the run has no hope after `fatal_after_s`; None leaves it to the
    Job's own retries.
    """

    trouble: Trouble
    key: str
    pod: str = ""
    told_after_s: float = 0.0
    fatal_after_s: float | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where the run is, and what is known of it that its pods do not tell.

    `nodes` are None where they cannot be read; an operator makes `awaited_secrets`.
    """

    namespace: str
    shards: int = 0
    awaited_secrets: frozenset[str] = frozenset()
    nodes: tuple[Node, ...] | None = None

    def pod(self, pod: Pod) -> str:
        """Name a pod, and its shard."""
        shard = f", shard {pod.shard}/{self.shards}" if pod.shard and self.shards else ""
        return f"pod {self.namespace}/{pod.name}{shard}"

    def job(self, name: str) -> str:
        """Name the Job."""
        return f"job {self.namespace}/{name}"


def of_pod(
    pod: Pod,
    place: Place,
    *,
    reason: str,
    message: str,
    hint: str | None = None,
    key: str = "",
    told_after_s: float = 0.0,
    fatal_after_s: float | None = None,
) -> Finding:
    """Make a finding of a pod; its reason is its key unless one is given."""
    return Finding(
        trouble=Trouble(reason=reason, where=place.pod(pod), message=message, hint=hint),
        key=key or reason,
        pod=pod.uid,
        told_after_s=told_after_s,
        fatal_after_s=fatal_after_s,
    )
