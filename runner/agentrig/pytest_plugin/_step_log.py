"""Steps that a Python test executes: published as steps of the test, and kept for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from agentrig.checks import Output
from agentrig.events import Outcome, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.engine import EventT
    from agentrig.stream import EventStream

__all__ = ["FinishedStep", "StepLog"]


class FinishedStep(Struct, frozen=True, kw_only=True):
    """A step that was executed, and what it gave.

    `elapsed_ms` is the time of the step's own work: of a request, to the end of its response.
    `captures` are those of this step.
    """

    name: str
    outcome: Outcome
    elapsed_ms: float
    attempts: int
    captures: Mapping[str, Any]
    output: Output

    @property
    def data(self) -> Any:
        """The JSON value. Raises ValueError where the step gave none."""
        return self.output.data

    @property
    def text(self) -> str:
        """The whole text."""
        return self.output.text

    @property
    def status(self) -> int | None:
        """The status of the response, None of a step that has none."""
        return self.output.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by name in lower case; several values of one name are joined by commas."""
        found: dict[str, str] = {}
        for name, value in self.output.headers:
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that were set, by name."""
        return self.output.cookies


class StepLog:
    """Takes the events of one execution; its steps are numbered on within the test.

    `title` stands before the name of each step, so that those of several files can be told apart.
    """

    def __init__(
        self, stream: EventStream, *, test: str, numbers: Iterator[int], title: str = ""
    ) -> None:
        """Publish steps of `test`."""
        self.steps: list[FinishedStep] = []
        self.captures: dict[str, Any] = {}
        self.last: StepFinished | None = None
        self._stream = stream
        self._test = test
        self._numbers = numbers
        self._title = f"{title} · " if title else ""
        self._number: dict[int, int] = {}
        self._output: Output | None = None
        self._captured: dict[str, Any] = {}

    def publish(self, event: EventT) -> EventT:
        """Record an event of a step; the begin and the end of the whole are the test's own."""
        if isinstance(event, ScenarioStarted | ScenarioFinished):
            return self._stream.secrets.hide(event)
        if isinstance(event, StepStarted):
            self._output, self._captured = None, {}
            self._number[event.step] = next(self._numbers)
        if isinstance(event, StepStarted | StepFinished):
            event = replace(
                event,
                scenario=self._test,
                step=self._number[event.step],
                name=self._title + event.name,
            )
        event = self._stream.publish(event)
        if isinstance(event, StepFinished):
            self._take(event)
        return event

    def take_output(self, output: Output, captured: dict[str, Any]) -> None:
        """Keep what the step that runs gave; of several attempts, the last one's."""
        self._output, self._captured = output, captured

    def _take(self, event: StepFinished) -> None:
        output = self._output
        self.last = event
        self.captures |= self._captured
        self.steps.append(
            FinishedStep(
                name=event.name.removeprefix(self._title),
                outcome=event.outcome,
                elapsed_ms=event.elapsed_ms if output is None else output.elapsed_ms,
                attempts=event.attempts,
                captures=self._captured,
                output=output or Output(),
            )
        )
