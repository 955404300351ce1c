"""The report that a person reads, on a terminal or in a pod's log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

import click

from agentrig.events import Outcome, RunFinished, RunStarted, ScenarioFinished
from agentrig.reporters.failure_text import render_failure
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from agentrig.events import Planned, Record

__all__ = ["TerminalReporter"]

_COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.ERROR: "magenta",
    Outcome.SKIPPED: "yellow",
    Outcome.INTERRUPTED: "yellow",
    Outcome.NOT_RUN: "yellow",
}
_WORDS = {Outcome.NOT_RUN: "not run", Outcome.FAILED: "FAILED", Outcome.ERROR: "ERROR"}
# The widest word of an outcome, so that what follows stands in columns.
_WORD_COLUMNS = len(Outcome.INTERRUPTED)
_MS_PER_S = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class TerminalReporter(Tally):
    """Prints each scenario in the order of the plan, then the failures, then the sum."""

    def __init__(self, output: TextIO, *, colour: bool, results: str | None = None) -> None:
        """Print to `output`; `results` is the folder to name at the end."""
        super().__init__()
        self._output = output
        self._colour = colour
        self._results = results
        self._waiting: list[Planned] = []

    def receive(self, record: Record) -> None:
        """Print what can be printed now."""
        super().receive(record)
        match record.event:
            case RunStarted() as event:
                self._begin(event)
            case ScenarioFinished():
                self._print_ready()
            case RunFinished() as event:
                self._end(event)

    def close(self) -> None:
        """Print what a run without its end left open, and flush."""
        if self.started and not self.finished:
            self._print_left()
        self._output.flush()

    def _print_left(self) -> None:
        self._print_failures()
        self._say()
        self._say(click.style(f"killed: {self.sentence()}", fg="red", bold=True))
        if self._results:
            self._say(f"results: {self._results}")

    def _begin(self, event: RunStarted) -> None:
        self._waiting = list(reversed(event.planned))
        if not event.planned:
            return
        head = f"agentrig {event.agentrig_version}"
        rest = f" · run {self.run} · via {event.via} · {len(event.planned)} planned"
        self._say(click.style(head, bold=True) + rest)
        self._say()

    def _print_ready(self) -> None:
        """Print finished scenarios as long as none before them is still awaited."""
        while self._waiting and self._waiting[-1].id in self.results:
            self._print_scenario(self._waiting.pop())
        self._output.flush()

    def _print_scenario(self, planned: Planned) -> None:
        result = self.results[planned.id]
        outcome = result.outcome
        word = _WORDS.get(outcome, outcome.value).ljust(_WORD_COLUMNS)
        spent = "" if outcome is Outcome.NOT_RUN else _duration(result.elapsed_ms)
        line = f"{click.style(word, fg=_COLOURS[outcome])} {spent:>8}  {_one_line(planned.id)}"
        if planned.name and planned.name not in planned.id:
            line += click.style(f"  {_one_line(planned.name)}", dim=True)
        self._say(line)
        if outcome is Outcome.SKIPPED and result.message:
            reason = " " * (_WORD_COLUMNS + 11) + _one_line(result.message)
            self._say(click.style(reason, dim=True))

    def _end(self, event: RunFinished) -> None:
        self._print_failures()
        if self.planned:
            self._say()
        outcome = outcome_of(event.exit_code)
        colour = "green" if event.exit_code == 0 else "red"
        if event.message:
            self._say(_printable(event.message) + "\n")
        if self.planned:
            sentence = f"{self.sentence()} in {_duration(event.elapsed_ms)}"
            self._say(click.style(f"{outcome}: {sentence}", fg=colour, bold=True))
        if self._results:
            self._say(f"results: {self._results}")

    def _print_failures(self) -> None:
        """Print what stands behind scenarios without a result, then why others did not pass."""
        while self._waiting:
            scenario = self._waiting.pop()
            if scenario.id in self.results:
                self._print_scenario(scenario)
        for planned in self.planned.values():
            result = self.results.get(planned.id)
            if result and result.outcome in {Outcome.FAILED, Outcome.ERROR}:
                self._print_failure(planned, result)

    def _print_failure(self, planned: Planned, result: ScenarioFinished) -> None:
        self._say()
        colour = _COLOURS[result.outcome]
        title = planned.id if planned.name in planned.id else f"{planned.id} · {planned.name}"
        self._say(click.style(_one_line(title), fg=colour, bold=True))
        text = _printable(render_failure(result, self.bad_steps.get(planned.id)))
        self._say("\n".join(f"  {line}".rstrip() for line in text.splitlines()))

    def _say(self, text: str = "") -> None:
        self._output.write((text if self._colour else click.unstyle(text)) + "\n")


def _printable(text: str) -> str:
    """Show what steers a terminal: an agent's answer must not clear the screen."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _one_line(text: str) -> str:
    return _printable(" ".join(text.split()))


def _duration(elapsed_ms: float) -> str:
    return f"{elapsed_ms:.0f} ms" if elapsed_ms < _MS_PER_S else f"{elapsed_ms / _MS_PER_S:.2f} s"
