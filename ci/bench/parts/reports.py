"""What the reports of a run cost: its own events, given to the reporters once more."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from agentrig.events import RunFinished
from agentrig.reporters import (
    JOURNAL_FILE,
    JUNIT_FILE,
    SUMMARY_FILE,
    JournalReporter,
    JunitReporter,
    SummaryReporter,
    Tally,
    read_journal,
    results_reporters,
)
from agentrig.stream import EventStream
from bench.errors import BenchError
from bench.measure import interleave
from bench.part import Field, Figures, Part
from bench.report import Goal, table
from bench.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agentrig.events import Event
    from agentrig.stream import Reporter

__all__ = ["REPORTS"]

_WORKLOADS = {
    "1,000 steps in 50 files": Workload(files=50, steps=20),
    "1,000 steps in 1,000 files": Workload(files=1000, steps=1),
}
# The largest share of a run's own time.
_AT_MOST = 0.05

_INTRODUCTION = """\
A run writes its results; the events of its journal are then published again, to no reporter, to those
of the journal, JUnit and summary, and to all of a results folder. What they take more than none, by
the median of the rounds, is a share of the run's own time, both as CPU time: a run waits for its
agents, and reports are written meanwhile."""


def _measure(field: Field) -> Figures:
    rows: list[tuple[str, ...]] = [
        ("", "run ms", "journal, JUnit, summary ms", "all reports ms", "share", "share of all")
    ]
    goals = []
    for name, workload in _WORKLOADS.items():
        contender = field.prepare("agentrig", workload, name=str(workload.files))
        (runs,) = interleave([contender], server=field.server, rounds=field.rounds)
        results = contender.folder.with_name("results")
        journal = (results / JOURNAL_FILE).read_bytes()
        events = [record.event for record in read_journal(journal, name=JOURNAL_FILE)]
        again = field.folder / f"again-{workload.files}"
        again.mkdir()
        none, three, every = (
            _published(events, make, again, rounds=field.rounds) for make in (_none, _three, _all)
        )
        own = median(run.cpu_s for run in runs) - (every - none)
        share, share_of_all = ((one - none) / own for one in (three, every))
        times = (own, three - none, every - none)
        rows.append(
            (
                name,
                *(f"{1000 * one:.1f}" for one in times),
                f"{share:.1%}",
                f"{share_of_all:.1%}",
            )
        )
        title = f"journal, JUnit and summary / the run, {name}"
        goals.append(Goal(title=title, measured=share, at_most=_AT_MOST))
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}", goals=tuple(goals))


def _none(_: Path) -> list[Reporter]:
    return []


def _three(folder: Path) -> list[Reporter]:
    tally = Tally()
    return [
        tally,
        JournalReporter(folder / JOURNAL_FILE),
        SummaryReporter(folder / SUMMARY_FILE, tally),
        JunitReporter(folder / JUNIT_FILE, tally),
    ]


def _all(folder: Path) -> list[Reporter]:
    return [JournalReporter(folder / JOURNAL_FILE), *results_reporters(folder)]


def _published(
    events: Sequence[Event],
    make: Callable[[Path], list[Reporter]],
    folder: Path,
    *,
    rounds: int,
) -> float:
    """Publish events to new reporters in each round; give the median CPU time, in seconds."""
    *others, end = events
    if not isinstance(end, RunFinished):
        raise BenchError("the run's journal has no end")
    costs = []
    for number in range(rounds + 1):
        begin = time.process_time()
        stream = EventStream(run="again", reporters=make(folder))
        for event in others:
            stream.publish(event)
        stream.finish(end)
        cpu_s = time.process_time() - begin
        if stream.problems:
            raise BenchError(f"a report could not be written: {stream.problems[0]}")
        if number > 0:
            costs.append(cpu_s)
    return median(costs)


REPORTS = Part(title="What reports cost", tools=("agentrig",), rounds=7, measure=_measure)
