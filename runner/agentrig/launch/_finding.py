"""What is wrong with a run right now, before it is decided what becomes of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.launch._evidence import Trouble  # noqa: TC001  # msgspec resolves it

if TYPE_CHECKING:
    from agentrig.launch._pod_state import Pod

__all__ = ["Finding", "Place"]


class Finding(Struct, frozen=True, kw_only=True):
    """One trouble of one pod, or of the Job where `pod` is empty.

    `key` stays the same while the trouble does, whatever its words. The run has no hope once the
    trouble has been there for `fatal_after_s`; None leaves it to the Job's own retries.
    """

    trouble: Trouble
    key: str
    pod: str = ""
    fatal_after_s: float | None = None


class Place(Struct, frozen=True, kw_only=True):
    """The run that a finding is of, for its words."""

    namespace: str
    shards: int = 0

    def pod(self, pod: Pod) -> str:
        """Name a pod, and its shard."""
        shard = f", shard {pod.shard}/{self.shards}" if pod.shard and self.shards else ""
        return f"pod {self.namespace}/{pod.name}{shard}"

    def job(self, name: str) -> str:
        """Name the Job."""
        return f"job {self.namespace}/{name}"
