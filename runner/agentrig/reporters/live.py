"""The report on a terminal, with one line per running scenario under what is finished."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from agentrig._excerpt import printable
from agentrig.events import (
    ExecutionFinished,
    Language,
    RunFinished,
    RunProgressed,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepStarted,
)
from agentrig.reporters._words import say_iterations, say_latency
from agentrig.reporters.screen import draw_lines, room_for_lines, start_live
from agentrig.reporters.terminal import TerminalReporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Group
    from rich.live import Live

    from agentrig.events import Iterations, Record
    from agentrig.reporters.tally import Tally

__all__ = ["LiveReporter"]


class _Running(Struct):
    id: str
    name: str
    begin: float
    step: str = ""


class LiveReporter(TerminalReporter):
    """Prints what `TerminalReporter` does, above lines that are drawn again and again."""

    reads_steps = True

    def __init__(
        self,
        output: TextIO,
        *,
        colour: bool,
        results: str | None = None,
        tally: Tally | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Print to `output`, which is a terminal."""
        super().__init__(output, colour=colour, results=results, tally=tally)
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._iterations: Iterations | None = None
        self._pending: list[str] = []
        self._live: Live | None = None
        self._draws = True

    def draw_nothing(self) -> None:
        """Print lines alone: somebody else writes to the terminal as well."""
        self._draws = False

    def receive(self, record: Record) -> None:
        """Print what can be printed now, and draw what runs."""
        match record.event:
            case ScenarioStarted() as event:
                self._begin_scenario(event.scenario)
            case StepStarted() as event:
                if event.scenario not in self._running:  # it is retried
                    self._begin_scenario(event.scenario)
                self._running[event.scenario].step = f"{event.step + 1}: {event.name}"
            case ScenarioFinished() | ExecutionFinished() as event:
                self._running.pop(event.scenario, None)
            case RunProgressed() as event:
                self._iterations = event.iterations
            case RunFinished() if not self.tally.is_of_part(record):
                self._stop()
        super().receive(record)
        begins = isinstance(record.event, RunStarted) and not self.tally.is_of_part(record)
        if begins and self.tally.planned and self._draws:
            self._live = start_live(self, self._output, colour=self._colour)

    def close(self) -> None:
        """Take the drawn lines away."""
        self._stop()
        super().close()

    def _begin_scenario(self, scenario: str) -> None:
        planned = self.tally.planned.get(scenario)
        name = planned.name if planned and planned.name not in scenario else ""
        one = _Running(id=scenario, name=name, begin=self._clock())
        if planned and planned.language is Language.PYTHON:
            one.step = "test"
        self._running[scenario] = one

    def _print_progress(self, event: RunProgressed) -> None:
        """Print no line of it where it is drawn."""
        if self._live is None:
            super()._print_progress(event)

    def _stop(self) -> None:
        self._flush()
        if self._live:
            self._live.stop()
            self._live = None

    def _write(self, text: str) -> None:
        if self._live:
            self._pending.append(text)
        else:
            super()._write(text)

    def _flush(self) -> None:
        if self._live and self._pending:
            # In one go: the drawn lines are taken away and drawn anew around it.
            self._live.console.out("".join(self._pending), end="", highlight=False)
        self._pending.clear()
        super()._flush()

    def __rich__(self) -> Group:
        """Draw what runs, the oldest first; a thread of its own calls it as well."""
        # Iterations begin and end too fast to be read: their steps are not told.
        running = [one for one in self._running.copy().values() if one.step]
        shown = running[: room_for_lines(self._output)]
        lines = [*(self._line(one) for one in shown), self._count(len(running))]
        return draw_lines(lines, self._output)

    def _line(self, one: _Running) -> str:
        elapsed = f"{self._clock() - one.begin:.0f} s"
        text = f"{'running':<11} {elapsed:>8}  {one.id}"
        for more in (one.name, one.step):
            text += f"  {more}" if more else ""
        return printable(text)

    def _count(self, running: int) -> str:
        text = f"{len(self.tally.results)} of {len(self.tally.planned)} finished, {running} running"
        if self._iterations:
            text += f" \u00b7 {say_iterations(self._iterations)}"
            if self._iterations.latency:
                text += f" \u00b7 {say_latency(self._iterations.latency)}"
        return text
