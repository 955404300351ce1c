"""The time limit of one step after another, with one timer for all of them.

`asyncio.timeout` makes a timer for each step and takes it back, for 7 to 16 µs of a short one's
150. Here the timer of the first step is left running: when it rings it looks what the limit
is by then, and rings again where that is later. So steps that end in time set a timer once.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["TimeLimit"]


class TimeLimit:
    """Cancels the task that is within its `with` once the time is over, and raises TimeoutError.

    It can be used again and again, one use at a time; `close` it at the end. Cancellations by
    others come through as they are, as they do from `asyncio.timeout`.
    """

    __slots__ = ("_cancelled_before", "_loop", "_rings_at", "_task", "_timer", "_when", "expired")

    def __init__(self) -> None:
        """Set nothing yet. The loop that runs is the one whose time counts."""
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf
        self._when = math.inf
        self._cancelled_before = 0
        self.expired = False
        """Whether the last use has ended because the time was over."""

    def of(self, seconds: float) -> Self:
        """Give itself, to be entered, with a limit of so many seconds from now."""
        if self._task is not None:
            raise RuntimeError("a TimeLimit is used for one thing at a time")
        self._when = self._loop.time() + seconds
        return self

    def extend(self, seconds: float) -> None:
        """Give what is within so many seconds more."""
        self._when += seconds

    def close(self) -> None:
        """Take the timer back."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = None, math.inf

    def __enter__(self) -> Self:
        self.expired = False
        self._task = asyncio.current_task()
        if self._task is None:
            raise RuntimeError("a TimeLimit is for a task")
        self._cancelled_before = self._task.cancelling()
        if self._when < self._rings_at:
            self._set()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        if not self.expired or task is None:
            return
        # The same task may have been cancelled by another meanwhile: that one outranks.
        if task.uncancel() <= self._cancelled_before and exc_type is asyncio.CancelledError:
            raise TimeoutError from exc

    def _set(self) -> None:
        self.close()
        self._timer, self._rings_at = self._loop.call_at(self._when, self._ring), self._when

    def _ring(self) -> None:
        self._timer, self._rings_at = None, math.inf
        if self._task is None or self.expired:
            return  # nothing is within: the next use sets its own
        if self._loop.time() < self._when:
            self._set()
        else:
            self.expired = True
            self._task.cancel()
