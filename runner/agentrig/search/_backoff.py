"""How long to wait before asking again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST_S", "Backoff"]

FIRST_S = 0.5
LONGEST_S = 30.0


class Backoff:
    """Twice as long after each failure, less up to a half by chance: many shards fail together."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """Begin without a failure; `chance` gives numbers from 0 to 1."""
        self._chance = chance
        self._failures = 0

    def next_s(self, asked_s: float | None = None, *, longest_s: float = LONGEST_S) -> float:
        """Give the seconds to wait after another failure, at least those that were asked for."""
        planned = min(FIRST_S * 2.0 ** min(self._failures, 16), longest_s)
        self._failures += 1
        return max(asked_s or 0.0, planned * (1 - self._chance() / 2))

    def reset(self) -> None:
        """Begin again, after a success."""
        self._failures = 0
