"""How far each pod is, from what its runner logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import Outcome, RunStarted, ScenarioFinished
from agentrig.reporters.log import LogLine, read_log_line

if TYPE_CHECKING:
    from agentrig.launch._pod_state import Pod

__all__ = ["Counts", "Progress"]

_GOOD = frozenset({Outcome.PASSED, Outcome.SKIPPED})
# What a runner that is ended says of all that it had still to do: they came to no end.
_CUT_SHORT = frozenset({Outcome.INTERRUPTED, Outcome.NOT_RUN})


class Counts(Struct):
    """How many scenarios a pod has finished; `planned` is None until its log says it."""

    planned: int | None = None
    done: int = 0
    bad: int = 0
    cut_short: int = 0

    def __str__(self) -> str:
        of = "" if self.planned is None else f" of {self.planned}"
        bad = f", {self.bad} not passed" if self.bad else ""
        return f"{self.done}{of} finished{bad}"


class Progress:
    """Counts what is read of each pod's log; a test may print what looks like a line of ours."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}

    def take(self, pod: str, text: str) -> LogLine | None:
        """Take a line; give it where it tells of a scenario that did not pass."""
        line = read_log_line(text)
        if line is None:
            return None
        counts = self._counts.setdefault(pod, Counts())
        if line.kind == RunStarted.kind:
            counts.planned = line.planned
        elif line.kind == ScenarioFinished.kind:
            cut_short = line.outcome in _CUT_SHORT
            counts.cut_short += cut_short
            counts.planned, counts.done = line.planned, (line.finished or 0) - counts.cut_short
            if line.outcome not in _GOOD:
                counts.bad += not cut_short
                return line
        return None

    def of(self, pod: Pod) -> Counts:
        """Give how far a pod is."""
        return self._counts.get(pod.name) or Counts()
