"""What is shown while a run is followed: the protocol, and plain lines for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

from msgspec import Struct

from agentrig._excerpt import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.launch._evidence import Trouble

__all__ = ["PlainView", "ShardProgress", "View", "say_counts"]

PROGRESS_EVERY_S = 30.0


class ShardProgress(Struct, frozen=True, kw_only=True):
    """How far one shard is; `shard` counts from 1, and is 0 in a run that is not split.

    `phase` is what its newest pod is busy with. `planned` is None until its log says it; `bad`
    counts what neither passed nor was skipped.
    """

    shard: int
    pod: str = ""
    phase: str = "waiting"
    attempt: int = 0
    done: int = 0
    bad: int = 0
    planned: int | None = None
    trouble: str | None = None


class View(Protocol):
    """Shows a run while it is followed; everything that it is given may hold control characters."""

    def update(self, shards: Sequence[ShardProgress], *, elapsed_s: float) -> None:
        """Take how it stands; called at every change, and at least once a second."""

    def trouble(self, trouble: Trouble) -> None:
        """Tell a trouble as it comes, once."""

    def finished(self, shard: int, text: str) -> None:
        """Tell the line of a scenario that did not pass."""

    def note(self, text: str) -> None:
        """Tell something about following itself."""

    def close(self) -> None:
        """Show nothing more, unless another update comes."""


class PlainView:
    """Prints lines: what changes, what goes wrong, and how it stands twice a minute."""

    def __init__(self, output: TextIO) -> None:
        """Print to `output`."""
        self._output = output
        self._told: dict[int, tuple[str, str]] = {}
        self._elapsed_s = 0.0
        self._next_s = PROGRESS_EVERY_S

    def update(self, shards: Sequence[ShardProgress], *, elapsed_s: float) -> None:
        """Print the phases that have changed, and how it stands when it is time."""
        self._elapsed_s = elapsed_s
        for one in shards:
            told = (one.pod, one.phase)
            if one.pod and self._told.get(one.shard) != told:
                self._told[one.shard] = told
                self._say(f"pod {one.pod}: {one.phase}", one.shard)
        if elapsed_s >= self._next_s:
            self._next_s = elapsed_s + PROGRESS_EVERY_S
            self._say(say_counts(shards))

    def trouble(self, trouble: Trouble) -> None:
        """Print a trouble and what to do about it."""
        hint = f"; {trouble.hint}" if trouble.hint else ""
        self._say(f"{trouble.where}: {trouble.message}{hint}")

    def finished(self, shard: int, text: str) -> None:
        """Print the line of a scenario."""
        self._say(text, shard)

    def note(self, text: str) -> None:
        """Print it."""
        self._say(text)

    def close(self) -> None:
        """Flush."""
        self._output.flush()

    def _say(self, text: str, shard: int = 0) -> None:
        begin = f"{self._elapsed_s:5.0f} s  " + (f"shard {shard}  " if shard else "")
        self._write(f"{begin}{printable(text)}\n")

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def say_counts(shards: Sequence[ShardProgress]) -> str:
    """Say how far a run is in one line."""
    done, bad = sum(one.done for one in shards), sum(one.bad for one in shards)
    planned = [one.planned for one in shards if one.planned is not None]
    of = f" of {sum(planned)}" if len(planned) == len(shards) else ""
    phases: dict[str, int] = {}
    for one in shards:
        phases[one.phase] = phases.get(one.phase, 0) + 1
    parts = [f"{count} {phase}" if len(shards) > 1 else phase for phase, count in phases.items()]
    if done or planned:
        parts.insert(0, f"{done}{of} finished" + (f", {bad} not passed" if bad else ""))
    return " · ".join(parts)
