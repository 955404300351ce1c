"""What is kept for the page while a run goes on, and the page at its end.

Of a scenario that is over, only its row of the page's data is kept, compressed. So a run of 100,000
steps costs megabytes of text and not of memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.events import (
    ArtifactSaved,
    ExecutionFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from agentrig.pages import PageData
from agentrig.reporters._files import write_pieces
from agentrig.reporters._json import dump
from agentrig.reporters.html._row import Row
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record
    from agentrig.reporters.tally import Tally

__all__ = ["REPORT_FILE", "HtmlReporter"]

REPORT_FILE = "report.html"

# A page of 15 MB opens at once; base64 makes 4 bytes of 3. From the first on, requests and
# responses are left out, from the second on also the steps of scenarios that passed.
EXCHANGES_BYTES = 8_000_000
STEPS_BYTES = 10_000_000

# So many scenarios of the plan make a row.
_PLANNED = 500


class HtmlReporter(TallyReport):
    """Writes the page when the run is over."""

    reads_steps = True

    def __init__(self, file: Path, tally: Tally | None = None) -> None:
        """Write to `file` on close."""
        super().__init__(tally)
        self._file = file
        self._data = PageData()
        self._open: dict[str, Row] = {}
        self._left_out = {"exchanges": 0, "steps": 0}

    def receive(self, record: Record) -> None:
        """Take the next record."""
        event = record.event
        if isinstance(event, (StepStarted, StepFinished)):  # nearly all are
            self._row(event.scenario, record).add_step(event, record.time)
            super().receive(record)
            return
        match event:
            case ScenarioStarted():
                self._row(event.scenario, record)
            case ExecutionFinished():
                self._row(event.scenario, record).end_execution(event)
            case ArtifactSaved():
                self._row(event.scenario, record).artifacts.append(event)
            case RunStarted() if not self.tally.is_of_part(record):
                planned = event.planned
                for begin in range(0, len(planned), _PLANNED):
                    self._data.add(dump({"planned": planned[begin : begin + _PLANNED]}))
        super().receive(record)
        if isinstance(event, ScenarioFinished):
            row = self._row(event.scenario, record)
            del self._open[event.scenario]
            self._add(row, event)

    def _row(self, scenario: str, record: Record) -> Row:
        row = self._open.get(scenario)
        if row is None:
            row = self._open[scenario] = Row(
                scenario, shard=record.shard, attempt=record.attempt, begin=record.time
            )
        return row

    def _add(self, row: Row, finished: ScenarioFinished | None) -> None:
        size = self._data.size
        content = row.content(
            finished,
            metrics=self.tally.metrics.get(row.scenario, ()),
            with_exchanges=size < EXCHANGES_BYTES,
            with_steps=size < STEPS_BYTES,
        )
        self._data.add(dump(content))
        for what, count in row.left_out.items():
            self._left_out[what] += count

    def close(self) -> None:
        """Write the page."""
        from agentrig.reporters.html._report import report_page, run_of  # noqa: PLC0415  # at the end

        for row in self._open.values():
            self._add(row, None)
        self._data.add(dump({"run": run_of(self.tally, self._left_out)}))
        write_pieces(self._file, report_page(self.tally).pieces(self._data))
