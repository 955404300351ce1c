"""One scenario as the page's data hold it; what a key is short for, `assets/model.js` says."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agentrig._excerpt import render_excerpt
from agentrig.events import Outcome, Phase, StepFinished, StepStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.events import (
        ArtifactSaved,
        CheckResult,
        ExecutionFinished,
        MetricRecorded,
        ScenarioFinished,
    )

__all__ = ["Row"]

# Of an execution; those that did not pass are kept beyond it.
MAX_STEPS = 500
# Of messages and traces, once a page has grown large.
SHORT_CHARACTERS = 500

_NOT_BAD = frozenset({Outcome.PASSED, Outcome.SKIPPED})


class Row:
    """Collects what is told of one scenario until it is over."""

    def __init__(self, scenario: str, *, shard: int, attempt: int, begin: str) -> None:
        """Begin at the time `begin`."""
        self.scenario = scenario
        self.artifacts: list[ArtifactSaved] = []
        self.left_out = {"exchanges": 0, "steps": 0}
        self._shard = shard
        self._attempt = attempt
        self._begin = begin
        self._kinds: dict[int, tuple[str, str]] = {}
        self._steps: list[tuple[str, str, StepFinished]] = []
        self._executions: list[tuple[ExecutionFinished, list[tuple[str, str, StepFinished]]]] = []

    def add_step(self, event: StepStarted | StepFinished, time: str) -> None:
        """Take the begin or the end of a step at `time`."""
        if isinstance(event, StepStarted):
            self._kinds[event.step] = event.step_kind, time
            return
        kind, begin = self._kinds.pop(event.step, ("", time))
        if len(self._steps) < MAX_STEPS or event.outcome not in _NOT_BAD:
            self._steps.append((kind, begin, event))
        else:
            self.left_out["steps"] += 1

    def end_execution(self, event: ExecutionFinished) -> None:
        """Take the end of an execution; the steps that come then are of the next."""
        self._executions.append((event, self._steps))
        self._steps = []

    def content(
        self,
        finished: ScenarioFinished | None,
        *,
        metrics: Sequence[MetricRecorded],
        with_exchanges: bool,
        with_steps: bool,
    ) -> dict[str, Any]:
        """Give the row; without an end, `finished` is None. What is empty has no key."""
        begin_ms = _ms_of(self._begin)

        def steps(some: list[tuple[str, str, StepFinished]]) -> list[dict[str, Any]]:
            kept = [one for one in some if with_steps or one[2].outcome not in _NOT_BAD]
            self.left_out["steps"] += len(some) - len(kept)
            return [self._step(*one, begin_ms, with_exchange=with_exchanges) for one in kept]

        def text(words: str | None) -> str | None:
            return words[:SHORT_CHARACTERS] if words and not with_steps else words

        content = {
            "id": self.scenario,
            "shard": self._shard,
            "attempt": self._attempt,
            "begin": begin_ms,
            "steps": steps(self._steps),
            "executions": [
                {
                    "number": event.number,
                    "outcome": event.outcome,
                    "ms": event.elapsed_ms,
                    "message": text(event.message),
                    "details": text(event.details),
                    "steps": steps(own),
                }
                for event, own in self._executions
            ],
            "metrics": [(one.name, one.value, one.unit) for one in metrics],
            "artifacts": [(one.name, one.path, one.media_type, one.size) for one in self.artifacts],
        }
        if finished:
            content |= {
                "outcome": finished.outcome,
                "ms": finished.elapsed_ms,
                "message": text(finished.message),
                "details": text(finished.details),
                "flaky": finished.flaky,
                "iterations": finished.iterations,
            }
        return {key: value for key, value in content.items() if value or key == "ms"}

    def _step(
        self, kind: str, begin: str, step: StepFinished, begin_ms: int, *, with_exchange: bool
    ) -> dict[str, Any]:
        content: dict[str, Any] = {
            "n": step.name,
            "k": kind,
            "t": _ms_of(begin) - begin_ms,
            "ms": step.elapsed_ms,
        }
        if step.checks:
            content["c"] = [_check(check) for check in step.checks]
        if step.outcome is not Outcome.PASSED:
            content["o"] = step.outcome
        if step.phase is not Phase.STEPS:
            content["p"] = step.phase
        if step.message:
            content["m"] = step.message
        if step.attempts > 1:
            content["a"] = step.attempts
        if step.exchange and with_exchange:
            content["x"] = step.exchange
        elif step.exchange:
            self.left_out["exchanges"] += 1
        return content


def _check(check: CheckResult) -> str | dict[str, Any]:
    if check.outcome is Outcome.PASSED and not check.message:
        return check.check
    content: dict[str, Any] = {"check": check.check, "outcome": check.outcome}
    if check.message:
        content["message"] = check.message
    if check.at:
        content["excerpt"] = render_excerpt(check.at)
    return content


# Steps that run at the same time begin in the same milliseconds.
@lru_cache(maxsize=64)
def _ms_of(time: str) -> int:
    return round(dt.datetime.fromisoformat(time).timestamp() * 1000)
