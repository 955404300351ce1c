"""Requests to a target, spread evenly over time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.targets._limits import Rate

__all__ = ["Pacer"]


class Pacer:
    """Gives each request its turn, at the rate of its target; the first come first.

    A rate is a distance between two requests rather than a number in a window (GCRA without
    burst, ITU-T I.371): no target sees a second's worth at once. Safe for threads.
    """

    def __init__(
        self, rates: Mapping[str, Rate], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep to `rates`, by `NAME` (all agents together) or `AGENT/NAME`; the latter wins."""
        self._rates = rates
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._reserving = threading.Lock()

    def reserve(self, endpoint: str, *, agent: str | None = None) -> float:
        """Take the next turn for a request; give the seconds that it must wait for it."""
        name = f"{agent}/{endpoint}"
        if name not in self._rates:
            name = endpoint
        rate = self._rates.get(name)
        if rate is None:
            return 0.0
        with self._reserving:
            now = self._clock()
            turn = max(now, self._free_at.get(name, now))
            self._free_at[name] = turn + rate.interval_s
        return turn - now
