"""A run on a terminal: one line per shard, drawn again and again, under what is told for good."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from agentrig._excerpt import printable
from agentrig.launch._view import PlainView, say_counts
from agentrig.reporters.screen import draw_lines, room_for_lines, start_live

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Group
    from rich.live import Live

    from agentrig.launch._view import ShardProgress

__all__ = ["LiveView"]

_OVER = frozenset({"passed", "failed", "error", "interrupted", "invalid", "empty"})


class LiveView(PlainView):
    """Draws how every shard stands; troubles and what did not pass are printed above."""

    def __init__(
        self,
        output: TextIO,
        *,
        colour: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Draw on `output`, which is a terminal."""
        super().__init__(output)
        self._colour = colour
        self._clock = clock
        self._shards: Sequence[ShardProgress] = ()
        # When the run began, by the clock, so that the time goes on between two updates.
        self._began_s = 0.0
        self._live: Live | None = None

    def update(self, shards: Sequence[ShardProgress], *, elapsed_s: float) -> None:
        """Take how it stands; it is drawn four times a second."""
        self._shards, self._elapsed_s = shards, elapsed_s
        self._began_s = self._clock() - elapsed_s
        if self._live is None:
            self._live = start_live(self, self._output, colour=self._colour)

    def close(self) -> None:
        """Take the drawn lines away; another update draws them anew."""
        if self._live:
            self._live.stop()
            self._live = None
        super().close()

    def _write(self, text: str) -> None:
        if self._live:
            self._live.console.out(text, end="", highlight=False)
        else:
            super()._write(text)

    def __rich__(self) -> Group:
        """Draw the shards that are not over first; a thread of its own calls it as well."""
        shards = self._shards
        room = room_for_lines(self._output)
        shown = shards
        if len(shards) > room:
            first = [one for one in shards if one.phase not in _OVER][: room - 1]
            shown = [one for one in shards if one in first] or shards[: room - 1]
        lines = [_line(one, len(shards)) for one in shown]
        if len(shown) < len(shards):
            lines.append(f"... and {len(shards) - len(shown)} shards more")
        counts = f"{self._clock() - self._began_s:.0f} s \u00b7 {say_counts(shards)}"
        return draw_lines([*lines, printable(counts)], self._output)


def _line(one: ShardProgress, shards: int) -> str:
    name = f"shard {one.shard}/{shards}" if one.shard else one.pod or "run"
    counts = "" if one.planned is None else f"{one.done}/{one.planned}"
    parts = [f"{name:<12}  {one.phase:<20} {counts:>9}"]
    if one.bad:
        parts.append(f"{one.bad} not passed")
    if one.attempt > 1:
        parts.append(f"attempt {one.attempt}")
    if one.trouble:
        parts.append(one.trouble)
    return printable("  ".join(parts).rstrip())
