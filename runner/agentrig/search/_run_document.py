"""The document of a run, or of one of its shards: counts, limits and troubles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from agentrig._redact import cut, redact_text
from agentrig.events import LimitChecked, Outcome, Record, RunFinished, RunStarted, TroubleFound
from agentrig.reporters.summary import outcome_of

if TYPE_CHECKING:
    from agentrig.events import Event, ScenarioFinished

__all__ = ["RunState", "run_fields"]

MAX_LISTED = 100
MAX_MESSAGE = 8_000

# What pytest-elk-reporter calls what it counts.
_STATS = {"passed": Outcome.PASSED, "failure": Outcome.FAILED, "skipped": Outcome.SKIPPED}


class RunState(Struct):
    """What is known of a run so far; `outcomes` are those of its scenarios, the last of each."""

    shard: int = 0
    started: RunStarted | None = None
    finished: RunFinished | None = None
    begin: str | None = None
    last: Record | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    flaky: int = 0
    limits: list[LimitChecked] = field(default_factory=list)
    troubles: list[TroubleFound] = field(default_factory=list)

    def receive(self, event: Event) -> None:
        """Take what is said of the run as a whole."""
        match event:
            case RunFinished():
                self.finished = event
            case LimitChecked() if len(self.limits) < MAX_LISTED:
                self.limits.append(event)
            case TroubleFound() if len(self.troubles) < MAX_LISTED:
                self.troubles.append(event)

    def count(self, event: ScenarioFinished, record: Record) -> None:
        """Take the end of a scenario."""
        self.outcomes[event.scenario] = event.outcome
        self.flaky += event.flaky
        self.last = record


def run_fields(state: RunState, *, missing: list[str]) -> dict[str, Any]:
    """Give the fields of a run's document; `missing` are planned, and nothing came of them."""
    counts = Counter(state.outcomes.values())
    counts[Outcome.NOT_RUN] += len(missing)
    finished = state.finished
    exit_code = finished.exit_code if finished else 1 if counts[Outcome.FAILED] else 3
    message = finished.message if finished else "the run was killed: it has no end"
    started = state.started
    fields: dict[str, Any] = {
        "summery": True,
        "stats": {
            **{name: counts[outcome] for name, outcome in _STATS.items()},
            "error": counts[Outcome.ERROR],
        },
        "run_outcome": outcome_of(exit_code),
        "exit_code": exit_code,
        "message": cut(redact_text(message), MAX_MESSAGE) if message else None,
        "planned": len(started.planned) if started else None,
        "total": started.total if started else None,
        "counts": {outcome.value: counts[outcome] for outcome in Outcome} | {"flaky": state.flaky},
        "duration": finished.elapsed_ms / 1000 if finished else None,
        "duration_seconds": finished.elapsed_ms / 1000 if finished else None,
        "iterations": msgspec.to_builtins(finished.iterations) if finished else None,
        "missing": missing[:MAX_LISTED],
        "limits": msgspec.to_builtins(state.limits),
        "troubles": msgspec.to_builtins(state.troubles),
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}
