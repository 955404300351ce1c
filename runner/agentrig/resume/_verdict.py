"""What counts as the verdict on a scenario, and is not asked for again."""

from __future__ import annotations

from msgspec import Struct

from agentrig.events import Outcome

__all__ = ["VERDICTS", "Verdict"]

VERDICTS = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED})
"""The others say that there is none: infrastructure broke, or the run ended before it."""


class Verdict(Struct, frozen=True, kw_only=True):
    """How a scenario ended in the attempt that ran it, after so many `executions` before its last."""

    attempt: int
    outcome: Outcome
    executions: int = 0

    def is_final(self, *, retry_failed: int) -> bool:
        """Tell whether nothing is left to be done: a failure may still have retries."""
        return self.outcome is not Outcome.FAILED or self.executions >= retry_failed
