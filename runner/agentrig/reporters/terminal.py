"""The report that a person reads, on a terminal or in a pod's log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

import click

from agentrig.events import (
    Outcome,
    RunContinued,
    RunFinished,
    RunProgressed,
    RunStarted,
    ScenarioFinished,
)
from agentrig.reporters._words import (
    say_continued,
    say_duration,
    say_execution,
    say_iterations,
    say_latency,
    say_limit,
    say_source,
)
from agentrig.reporters.failure_text import render_failure
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from agentrig.events import Planned, Record
    from agentrig.reporters.tally import Tally

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
# How often a log is told where a repetition stands.
_PROGRESS_EVERY_MS = 60_000
_OVERCOME = "it cost no results"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class TerminalReporter(TallyReport):
    """Prints each scenario in the order of the plan, then the failures, then the sum."""

    def __init__(
        self,
        output: TextIO,
        *,
        colour: bool,
        results: str | None = None,
        tally: Tally | None = None,
    ) -> None:
        """Print to `output`; `results` is the folder to name at the end."""
        super().__init__(tally)
        self._output = output
        self._colour = colour
        self._results = results
        self._waiting: list[Planned] = []
        self._next_progress_ms = _PROGRESS_EVERY_MS
        self._unread = False

    def receive(self, record: Record) -> None:
        """Print what can be printed now."""
        super().receive(record)
        match record.event:
            case ScenarioFinished():
                self._print_ready()
            case RunStarted() | RunContinued() | RunProgressed() | RunFinished() if (
                self.tally.is_of_part(record)
            ):
                pass
            case RunStarted() as event:
                self._begin(event)
            case RunContinued() as event:
                self._continue(event)
            case RunProgressed() as event:
                self._print_progress(event)
            case RunFinished() as event:
                self._end(event)

    def close(self) -> None:
        """Print what a run without its end left open, and flush."""
        if self.tally.started and not self.tally.finished:
            self._print_left()
        self._flush()

    def _print_left(self) -> None:
        self._print_failures()
        self._say()
        self._say(click.style(f"killed: {self.tally.sentence()}", fg="red", bold=True))
        if self._results:
            self._say(f"results: {self._results}")

    def _begin(self, event: RunStarted) -> None:
        self._waiting = list(reversed(event.planned))
        if not event.planned and event.shards == 1:
            return
        head = f"agentrig {event.agentrig_version}"
        shard = f" · shard {self.tally.shard}/{event.shards}" if self.tally.shard else ""
        if not self.tally.shard and event.shards > 1:
            shard = f" · {event.shards} shards"
        if self.tally.attempt > 1:
            shard += f" · attempt {self.tally.attempt}"
        source = f" · from {_one_line(say_source(event.source))}" if event.source else ""
        rest = f" · run {self.tally.run} · via {event.via}{shard}{source} · {len(event.planned)} planned"
        self._say(click.style(head, bold=True) + rest)
        self._say()

    def _continue(self, event: RunContinued) -> None:
        self._say(say_continued(event, len(self.tally.planned)))
        for note in event.notes:
            self._say(click.style(f"  {_one_line(note)}", dim=True))
        self._say()

    def _print_ready(self) -> None:
        """Print finished scenarios as long as none before them is still awaited."""
        while self._waiting and self._waiting[-1].id in self.tally.results:
            self._print_scenario(self._waiting.pop())
        self._flush()

    def _print_scenario(self, planned: Planned) -> None:
        result = self.tally.results[planned.id]
        outcome = result.outcome
        word = _WORDS.get(outcome, outcome.value).ljust(_WORD_COLUMNS)
        spent = "" if outcome is Outcome.NOT_RUN else say_duration(result.elapsed_ms)
        line = f"{click.style(word, fg=_COLOURS[outcome])} {spent:>8}  {_one_line(planned.id)}"
        if planned.name and planned.name not in planned.id:
            line += click.style(f"  {_one_line(planned.name)}", dim=True)
        if attempt := self.tally.kept.get(planned.id):
            line += click.style(f"  (attempt {attempt})", dim=True)
        self._say(line)
        for note in self._notes(result):
            self._say(click.style(" " * (_WORD_COLUMNS + 11) + _one_line(note), dim=True))

    def _notes(self, result: ScenarioFinished) -> list[str]:
        """List what else is worth a line of a scenario, whether or not it passed."""
        notes = []
        if result.outcome is Outcome.SKIPPED and result.message:
            notes.append(result.message)
        if result.flaky:
            notes.append(
                f"flaky: passed at execution {len(self.tally.executions[result.scenario]) + 1}"
            )
        if result.iterations:
            notes.append(say_iterations(result.iterations))
            if result.iterations.latency:
                notes.append(f"steps: {say_latency(result.iterations.latency)}")
        return notes

    def _print_progress(self, event: RunProgressed) -> None:
        if event.elapsed_ms < self._next_progress_ms:
            return
        self._next_progress_ms += _PROGRESS_EVERY_MS
        latency = event.iterations.latency
        times = f" · steps: {say_latency(latency)}" if latency else ""
        line = f"after {say_duration(event.elapsed_ms)}: {say_iterations(event.iterations)}{times}"
        self._say(click.style(line, dim=True))
        self._flush()

    def _end(self, event: RunFinished) -> None:
        self._print_failures()
        if self.tally.planned or self.tally.troubles:
            self._say()
        outcome = outcome_of(event.exit_code)
        colour = "green" if event.exit_code == 0 else "red"
        if event.message:
            self._say(_printable(event.message) + "\n")
        if event.iterations:
            self._say(f"in all: {say_iterations(event.iterations)}")
            if event.iterations.latency:
                self._say(f"steps: {say_latency(event.iterations.latency)}")
        self._print_parts()
        for limit in self.tally.limits:
            colour_of_limit = "red" if limit in self.tally.missed else None
            self._say(click.style(f"limit {say_limit(limit)}", fg=colour_of_limit))
        if self.tally.planned or self.tally.troubles:
            sentence = f"{self.tally.sentence()} in {say_duration(event.elapsed_ms)}"
            self._say(click.style(f"{outcome}: {sentence}", fg=colour, bold=True))
        if self._results:
            self._say(f"results: {self._results}")

    def _print_parts(self) -> None:
        """Print the times of each shard: percentiles of all cannot be made of theirs."""
        for number, part in sorted(self.tally.parts.items()):
            if part.finished and part.finished.iterations:
                iterations = part.finished.iterations
                times = f" · steps: {say_latency(iterations.latency)}" if iterations.latency else ""
                self._say(f"shard {number}: {say_iterations(iterations)}{times}")

    def _print_troubles(self) -> None:
        for trouble in self.tally.troubles:
            self._say()
            colour = "yellow" if trouble.overcome else _COLOURS[Outcome.ERROR]
            title = f"{trouble.reason}: {trouble.where}"
            self._say(click.style(_one_line(title), fg=colour, bold=True))
            for text in (trouble.message, trouble.hint, _OVERCOME if trouble.overcome else None):
                if text:
                    lines = _printable(text).splitlines()
                    self._say("\n".join(f"  {line}".rstrip() for line in lines))

    def _print_failures(self) -> None:
        """Print what stands behind scenarios without a result, then why others did not pass."""
        while self._waiting:
            scenario = self._waiting.pop()
            if scenario.id in self.tally.results:
                self._print_scenario(scenario)
        for planned in self.tally.planned.values():
            result = self.tally.results.get(planned.id)
            if result and (result.flaky or result.outcome in {Outcome.FAILED, Outcome.ERROR}):
                self._print_failure(planned, result)
        self._print_troubles()

    def _print_failure(self, planned: Planned, result: ScenarioFinished) -> None:
        self._say()
        colour = "yellow" if result.flaky else _COLOURS[result.outcome]
        title = planned.id if planned.name in planned.id else f"{planned.id} · {planned.name}"
        self._say(click.style(_one_line(title), fg=colour, bold=True))
        earlier = [] if result.iterations else self.tally.executions.get(planned.id, [])
        if result.flaky:
            text = "\n".join(
                f"execution {one.finished.number}: {render_failure(one.finished, one.step)}"
                for one in earlier
            )
        else:
            lines = [render_failure(result, self.tally.bad_step(planned.id))]
            lines += [say_execution(one.finished) for one in earlier]
            text = "\n".join(lines)
        self._say("\n".join(f"  {line}".rstrip() for line in _printable(text).splitlines()))

    def _say(self, text: str = "") -> None:
        self._write((text if self._colour else click.unstyle(text)) + "\n")

    def _write(self, text: str) -> None:
        if not self._unread:
            try:
                self._output.write(text)
            except BrokenPipeError:
                self._unread = True

    def _flush(self) -> None:
        if not self._unread:
            try:
                self._output.flush()
            except BrokenPipeError:
                # As of `agentrig run | head`: whoever read this has seen enough, and the run goes
                # on for its other reports.
                self._unread = True


def _printable(text: str) -> str:
    """Show what steers a terminal: an agent's answer must not clear the screen."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _one_line(text: str) -> str:
    return _printable(" ".join(text.split()))
