"""How long scenarios took in earlier runs, from the results of those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from agentrig.errors import AgentrigError, UsageError
from agentrig.events import Outcome, ScenarioFinished
from agentrig.reporters import read_journal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["read_durations"]

# The others ended early, or never began: their times say nothing.
_WHOLE = frozenset({Outcome.PASSED, Outcome.FAILED})


def read_durations(files: Iterable[Path]) -> dict[str, float]:
    """Give milliseconds by identity from summaries and journals; of two the later file's holds.

    Raises UsageError for a file that is neither.
    """
    durations: dict[str, float] = {}
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"--durations: cannot read '{file}': {error.strerror}") from error
        try:
            durations |= _of_summary(content) or _of_journal(content, name=str(file))
        except (AgentrigError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"--durations: '{file}' is neither a summary.json nor an events.jsonl of a run"
            ) from error
    return durations


def _of_summary(content: bytes) -> dict[str, float] | None:
    try:
        summary: Any = from_json(content)
    except ValueError:
        return None
    if "scenarios" not in summary:
        return None
    return {
        str(scenario["id"]): float(scenario["elapsed_ms"])
        for scenario in summary["scenarios"]
        if scenario["outcome"] in _WHOLE
    }


def _of_journal(content: bytes, *, name: str) -> dict[str, float]:
    return {
        record.event.scenario: record.event.elapsed_ms
        for record in read_journal(content, name=name)
        if isinstance(record.event, ScenarioFinished) and record.event.outcome in _WHOLE
    }
