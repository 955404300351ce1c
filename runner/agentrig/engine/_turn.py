"""The turn of a Python test beside the scenarios, asked for in a thread of its own."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Turn"]


class Turn:
    """A place beside the scenarios, with locks held.

    `granted` says True once it has begun, and False when nothing begins any more. Whoever asked
    for it must call `end`, also where it never began.
    """

    def __init__(self, end: Callable[[Turn], None] | None = None) -> None:
        """Wait; `end` is told when it is over."""
        self.granted: Future[bool] = Future()
        self.is_over = False
        self._end = end

    def settle(self, *, granted: bool) -> None:
        """Let it begin, or say that it never will."""
        if not self.granted.done():
            self.granted.set_result(granted)

    def end(self) -> None:
        """Give the locks back."""
        if not self.is_over:
            self.is_over = True
            if self._end:
                self._end(self)
