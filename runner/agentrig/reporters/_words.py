"""Times, counts and limits as every report says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.events import Outcome

if TYPE_CHECKING:
    from agentrig.events import (
        ExecutionFinished,
        Iterations,
        Latency,
        LimitChecked,
        RunContinued,
        Source,
    )

__all__ = [
    "say_continued",
    "say_duration",
    "say_execution",
    "say_iterations",
    "say_latency",
    "say_limit",
    "say_number",
    "say_source",
]

_MS_PER_S = 1000
# Enough of a commit or a digest to find it by.
_SHORT = 12


def say_duration(elapsed_ms: float) -> str:
    """Say a time in the unit that suits it."""
    return f"{elapsed_ms:.0f} ms" if elapsed_ms < _MS_PER_S else f"{elapsed_ms / _MS_PER_S:.2f} s"


def say_iterations(iterations: Iterations) -> str:
    """Say how often something was executed: `1,000 iterations, 3 failed`."""
    parts = [f"{iterations.total:,} iteration{'s' * (iterations.total != 1)}"]
    if iterations.failed:
        parts.append(f"{iterations.failed:,} failed")
    if iterations.errors:
        parts.append(f"{iterations.errors:,} with infrastructure errors")
    return ", ".join(parts)


def say_latency(latency: Latency) -> str:
    """Say how long steps took: `p50 12 ms, p90 ...`."""
    times = {
        "p50": latency.p50_ms,
        "p90": latency.p90_ms,
        "p95": latency.p95_ms,
        "p99": latency.p99_ms,
        "max": latency.max_ms,
    }
    return ", ".join(f"{name} {say_duration(value)}" for name, value in times.items())


def say_limit(limit: LimitChecked) -> str:
    """Say a limit and what came: `p95_ms 812, limit 800: missed`."""
    if limit.actual is None:
        return f"{limit.name}: nothing measured, limit {limit.limit:g}"
    words = {Outcome.PASSED: "kept", Outcome.FAILED: "missed"}
    return f"{limit.name} {limit.actual:g}, limit {limit.limit:g}: {words[limit.outcome]}"


def say_number(value: float, unit: str | None) -> str:
    """Say what was measured: `0.93`, `812.5 ms`."""
    return f"{value:.12g} {unit}" if unit else f"{value:.12g}"


def say_source(source: Source) -> str:
    """Say where files came from: `https://git.example.com/r.git at v1.0 (0123456789ab)`."""
    if source.commit:
        return f"{source.url} at {source.ref} ({source.commit[:_SHORT]})"
    digest = (source.digest or "").rpartition(":")[2]
    return f"{source.url} ({source.objects} objects, {digest[:_SHORT]})"


def say_continued(continued: RunContinued, planned: int) -> str:
    """Say what an attempt need not run: `9 of 16 continue from attempt 1`."""
    if not continued.kept:
        return f"nothing continues: all {planned} run"
    *others, last = (str(one) for one in continued.attempts)
    of = f"attempts {', '.join(others)} and {last}" if others else f"attempt {last}"
    verb = "continues" if continued.kept == 1 else "continue"
    return f"{continued.kept} of {planned} {verb} from {of}"


def say_execution(execution: ExecutionFinished) -> str:
    """Say how an earlier execution ended: `execution 1 failed: ...`."""
    how = "met an infrastructure error" if execution.outcome is Outcome.ERROR else "failed"
    first, *_ = (execution.message or "").splitlines() or [""]
    return f"execution {execution.number} {how}" + (f": {first}" if first else "")
