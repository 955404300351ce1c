"""The termination message: what Kubernetes keeps of a container, even after an OOM kill.

Kubernetes reads at most 4,096 bytes per container from the file of `terminationMessagePath`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.events import RunFinished, RunStarted, ScenarioFinished
from agentrig.reporters._json import dump
from agentrig.reporters._words import say_limit, say_source
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record
    from agentrig.reporters.tally import Tally

__all__ = ["MAX_BYTES", "TerminationReporter"]

MAX_BYTES = 4_096
_MESSAGE_CHARACTERS = 200
# A character takes six bytes at most, as \u001b does; the rest of the content is short.
_ROOM_BYTES = 1_000


class TerminationReporter(TallyReport):
    """Rewrites the message after every scenario, so that it is there whatever comes next."""

    def __init__(self, file: Path, tally: Tally | None = None) -> None:
        """Write to `file`, in place: the kubelet mounted it, so that it cannot be replaced."""
        super().__init__(tally)
        self._file = file

    def receive(self, record: Record) -> None:
        """Rewrite the message when something ended."""
        super().receive(record)
        if isinstance(record.event, RunStarted | ScenarioFinished | RunFinished):
            self._file.write_bytes(self._message())

    def close(self) -> None:
        """Do nothing: the message is written."""

    def _message(self) -> bytes:
        finished = self.tally.finished
        content: dict[str, Any] = {
            "run": cut(self.tally.run, _MESSAGE_CHARACTERS),
            "outcome": outcome_of(finished.exit_code) if finished else "running",
            "exit_code": finished.exit_code if finished else None,
            "planned": len(self.tally.planned),
            "counts": self.tally.counts,
        }
        if self.tally.started and self.tally.started.source:
            content["source"] = cut(say_source(self.tally.started.source), _MESSAGE_CHARACTERS)
        content["bad_total"] = len(self.tally.bad)
        if self.tally.flaky:
            content["flaky"] = len(self.tally.flaky)
        if self.tally.troubles:
            content["troubles"] = len(self.tally.troubles)
        if self.tally.missed:
            content["missed"] = [say_limit(limit) for limit in self.tally.missed]
        if finished and finished.message:
            content["message"] = cut(finished.message, 5 * _MESSAGE_CHARACTERS)
            if len(dump(content)) > MAX_BYTES - _ROOM_BYTES:
                content["message"] = cut(finished.message, _MESSAGE_CHARACTERS)
        # The first ones are kept: as many as there is room for, and how many there were.
        kept: list[dict[str, str]] = []
        room = MAX_BYTES - len(dump({**content, "bad": []}))
        for result in self.tally.bad.values():
            message = cut(result.message or "", _MESSAGE_CHARACTERS)
            one = {"id": result.scenario, "outcome": result.outcome.value, "message": message}
            room -= len(dump(one)) + len(",")
            if room < 0:
                break
            kept.append(one)
        return dump({**content, "bad": kept})
