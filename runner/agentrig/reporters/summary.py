"""`summary.json`: a run in one small document, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters._json import dump
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.reporters.tally import Tally

__all__ = [
    "SUMMARY_FILE",
    "SummaryReporter",
    "encode_summary",
    "outcome_of",
    "summarise",
    "summarise_run",
]

SUMMARY_FILE = "summary.json"

# The outcome of a run in the words of a scenario's, from its exit code.
_OUTCOMES = {
    0: Outcome.PASSED.value,
    1: Outcome.FAILED.value,
    2: Outcome.INTERRUPTED.value,
    3: Outcome.ERROR.value,
    4: "invalid",
    5: "empty",
}


class SummaryReporter(TallyReport):
    """Writes the summary when the run is over."""

    def __init__(self, file: Path, tally: Tally | None = None) -> None:
        """Write to `file` on close."""
        super().__init__(tally)
        self._file = file

    def close(self) -> None:
        """Write the summary."""
        write_whole(self._file, encode_summary(self.tally))


def encode_summary(tally: Tally) -> bytes:
    """Give the summary as the file has it."""
    return dump(summarise(tally), indent=2) + b"\n"


def outcome_of(exit_code: int) -> str:
    """Name the outcome that an exit code stands for."""
    return _OUTCOMES.get(exit_code, Outcome.ERROR.value)


def summarise(tally: Tally) -> dict[str, Any]:
    """Give the summary as `{"run": str, "outcome": str, "exit_code": int, "counts": {...}, ...}`.

    `not_run` names every planned scenario without a result, so that planned = results + not_run.
    `total` counts the scenarios of all shards together, those of lost ones as well. `executions` of a
    scenario are those before its last one; of one that was repeated, the first that did not pass.
    `source` is null unless the files were fetched, `iterations` unless the run repeated, or measured
    for a limit. `attempt` counts the attempts at the shard from 1, of which a scenario has its own if
    it was `kept` of an earlier one; that of a merged run is null. `parts` are the shards of a merged run that left a journal, `troubles` what kept
    others from it.
    """
    return {
        **summarise_run(tally),
        "not_run": tally.missing,
        "scenarios": [
            {
                "id": planned.id,
                "name": planned.name,
                "path": planned.path,
                "agent": planned.agent,
                "outcome": result.outcome,
                "elapsed_ms": result.elapsed_ms,
                "message": result.message,
                "flaky": result.flaky,
                "attempt": tally.kept.get(planned.id),
                "executions": [
                    {
                        "number": one.finished.number,
                        "outcome": one.finished.outcome,
                        "elapsed_ms": one.finished.elapsed_ms,
                        "message": one.finished.message,
                    }
                    for one in tally.executions.get(planned.id, ())
                ],
                "iterations": result.iterations,
                "metrics": [
                    {"name": metric.name, "value": metric.value, "unit": metric.unit}
                    for metric in tally.metrics.get(planned.id, ())
                ],
                "artifacts": [
                    {
                        "name": artifact.name,
                        "path": artifact.path,
                        "media_type": artifact.media_type,
                        "size": artifact.size,
                    }
                    for artifact in tally.artifacts.get(planned.id, ())
                ],
            }
            for planned in tally.planned.values()
            if (result := tally.results.get(planned.id))
        ],
    }


def summarise_run(tally: Tally) -> dict[str, Any]:
    """Give what the summary says of the run as a whole: all but its scenarios."""
    return {
        "schema": 1,
        "run": tally.run,
        "outcome": outcome_of(tally.exit_code),
        "exit_code": tally.exit_code,
        "message": tally.finished.message if tally.finished else "the run ended without its end",
        "started": tally.begin,
        "finished": tally.end,
        "elapsed_ms": tally.finished.elapsed_ms if tally.finished else None,
        "agentrig": tally.started.agentrig_version if tally.started else None,
        "via": tally.started.via if tally.started else None,
        "namespace": tally.started.namespace if tally.started else None,
        "source": tally.started.source if tally.started else None,
        "commit": tally.started.commit if tally.started else None,
        "labels": dict(tally.started.labels if tally.started else ()),
        "shard": tally.shard or None,
        "attempt": tally.attempt or None,
        "kept": len(tally.kept),
        "shards": tally.started.shards if tally.started else None,
        "planned": len(tally.planned),
        "total": tally.started.total if tally.started else None,
        "counts": tally.counts,
        "flaky": len(tally.flaky),
        "iterations": tally.finished.iterations if tally.finished else None,
        "limits": [
            {
                "name": limit.name,
                "limit": limit.limit,
                "actual": limit.actual,
                "outcome": limit.outcome,
            }
            for limit in tally.limits
        ],
        "troubles": tally.troubles,
        "parts": [
            {
                "shard": number,
                "attempt": part.attempt or None,
                "outcome": outcome_of(part.exit_code),
                "exit_code": part.exit_code,
                "planned": len(part.started.planned),
                "elapsed_ms": part.finished.elapsed_ms if part.finished else None,
                "iterations": part.finished.iterations if part.finished else None,
            }
            for number, part in sorted(tally.parts.items())
        ],
    }
