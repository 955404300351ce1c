"""What a run asks of the engine: how much at once, how often, and when to stop."""

from __future__ import annotations

from msgspec import Struct

from agentrig._choices import DEFAULT_CONCURRENCY

__all__ = ["Schedule"]


class Schedule(Struct, frozen=True, kw_only=True):
    """How scenarios are executed.

    `maxfail` 0 never stops. `repeat` None with `repeat_for_s` repeats until the time is over, and
    either ends a repetition. `error_rate` is the share of iterations, 0 to 1, that may fail
    before a repeated scenario does. `measure` asks for the times of steps.
    """

    concurrency: int = DEFAULT_CONCURRENCY
    maxfail: int = 0
    retry_failed: int = 0
    repeat: int | None = None
    repeat_for_s: float | None = None
    error_rate: float | None = None
    measure: bool = False

    @property
    def repeats(self) -> bool:
        """Whether scenarios are executed again and again."""
        return self.repeat is not None or self.repeat_for_s is not None

    def is_enough(self, failures: int) -> bool:
        """Tell whether a run with so many failures stops."""
        return 0 < self.maxfail <= failures

    @property
    def enough(self) -> str:
        """Why a run stopped that had enough failures, in words."""
        return f"stopped after {self.maxfail} failure{'s' * (self.maxfail > 1)}"
