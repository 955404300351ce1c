"""Steps of a command, printed as they are done, with the seconds since its start."""

from __future__ import annotations

import sys
import time


class Steps:
    """Prints to standard error, so that a command's own output stays clean."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()

    def done(self, what: str) -> None:
        """Print `what` beside the seconds that have passed."""
        elapsed_s = time.monotonic() - self._started_s
        print(f"{elapsed_s:7.1f} s  {what}", file=sys.stderr, flush=True)
