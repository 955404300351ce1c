"""The termination message: what Kubernetes keeps of a container, even after an OOM kill.

Kubernetes reads at most 4,096 bytes per container from the file of `terminationMessagePath`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from agentrig._redact import cut
from agentrig.events import Outcome, RunFinished, RunStarted, ScenarioFinished
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record

__all__ = ["MAX_BYTES", "TerminationReporter"]

MAX_BYTES = 4_096
_MESSAGE_CHARACTERS = 200


class TerminationReporter(Tally):
    """Rewrites the message after every scenario, so that it is there whatever comes next."""

    def __init__(self, file: Path) -> None:
        """Write to `file`, in place: the kubelet mounted it, so that it cannot be replaced."""
        super().__init__()
        self._file = file

    def receive(self, record: Record) -> None:
        """Rewrite the message when something ended."""
        super().receive(record)
        if isinstance(record.event, RunStarted | ScenarioFinished | RunFinished):
            self._file.write_bytes(self._message())

    def _message(self) -> bytes:
        bad = [
            {
                "id": result.scenario,
                "outcome": result.outcome,
                "message": cut(result.message or "", _MESSAGE_CHARACTERS),
            }
            for result in self.results.values()
            if result.outcome in {Outcome.FAILED, Outcome.ERROR}
        ]
        content: dict[str, Any] = {
            "run": self.run,
            "outcome": outcome_of(self.finished.exit_code) if self.finished else "running",
            "exit_code": self.finished.exit_code if self.finished else None,
            "planned": len(self.planned),
            "counts": self.counts,
        }
        if self.finished and self.finished.message:
            content["message"] = cut(self.finished.message, 5 * _MESSAGE_CHARACTERS)
        # The first ones are kept: as many as there is room for, and how many there were.
        for kept in range(len(bad), -1, -1):
            message = to_json({**content, "bad": bad[:kept], "bad_total": len(bad)})
            if len(message) <= MAX_BYTES:
                return message
        return to_json({"run": cut(self.run, 100), "outcome": content["outcome"]})
