"""How executions ended and how long their steps took: any number of them, in little memory."""

from __future__ import annotations

from agentrig.events import Iterations, Latency, Outcome

__all__ = ["BAD", "Counts", "LatencySketch"]

BAD = frozenset({Outcome.FAILED, Outcome.ERROR})

_RELATIVE_ACCURACY = 0.01


class Counts:
    """How executions ended, and how long their steps took."""

    def __init__(self, *, measure: bool) -> None:
        """Begin with nothing; times are taken only to `measure`."""
        self.total = 0
        self.outcomes = dict.fromkeys((Outcome.PASSED, Outcome.FAILED, Outcome.ERROR), 0)
        self._sketch = LatencySketch() if measure else None

    def add(self, outcome: Outcome) -> None:
        """Take the end of one execution."""
        self.total += 1
        if outcome in self.outcomes:
            self.outcomes[outcome] += 1

    def add_step(self, elapsed_ms: float) -> None:
        """Take the time of one step."""
        if self._sketch:
            self._sketch.add(elapsed_ms)

    @property
    def bad(self) -> int:
        """How many did not pass."""
        return self.outcomes[Outcome.FAILED] + self.outcomes[Outcome.ERROR]

    @property
    def error_rate(self) -> float | None:
        """The share, 0 to 1, that did not pass; None without any verdict."""
        judged = sum(self.outcomes.values())
        return self.bad / judged if judged else None

    def read(self) -> Iterations:
        """Give them as a record."""
        return Iterations(
            total=self.total,
            passed=self.outcomes[Outcome.PASSED],
            failed=self.outcomes[Outcome.FAILED],
            errors=self.outcomes[Outcome.ERROR],
            latency=self._sketch.read() if self._sketch else None,
        )


class LatencySketch:
    """Takes any number of times in a few kilobytes; percentiles are within 1 % of the true ones.

    DDSketch (Masson, Rim, Lee 2019): bins whose width grows with the value.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        from ddsketch import DDSketch  # noqa: PLC0415  # 3 ms, for runs that measure

        self._sketch = DDSketch(relative_accuracy=_RELATIVE_ACCURACY)
        self._max_ms = 0.0

    def add(self, elapsed_ms: float) -> None:
        """Take the time of one step."""
        self._sketch.add(elapsed_ms)
        self._max_ms = max(self._max_ms, elapsed_ms)

    def read(self) -> Latency | None:
        """Give the percentiles, or None of nothing."""
        steps = int(self._sketch.count)
        if not steps:
            return None
        p50, p90, p95, p99 = (self._quantile(share) for share in (0.5, 0.9, 0.95, 0.99))
        return Latency(
            steps=steps, p50_ms=p50, p90_ms=p90, p95_ms=p95, p99_ms=p99, max_ms=self._max_ms
        )

    def _quantile(self, share: float) -> float:
        # The middle of a bin may lie above all that is in it.
        value = self._sketch.get_quantile_value(share) or 0.0
        return round(min(value, self._max_ms), 3)
