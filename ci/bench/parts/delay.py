"""A slow server: what is added to the time that cannot be avoided."""

from __future__ import annotations

from statistics import median

from bench.measure import interleave
from bench.part import Field, Figures, Part
from bench.report import Goal, run_table
from bench.workload import Workload

__all__ = ["DELAY"]

_DELAY_MS = 50
# A step waits for the one before it, so that files in turn give no more than whole waves: these
# are the two ways to make 200 steps of whole waves, or nearly. 40 files, 20 at once: two waves
# of five steps, 0.5 s. 200 files, 16 at once: 12.5 waves of one step, of which the last half
# takes as long as a whole one, 0.65 s for an ideal of 0.625.
_WORKLOADS = (
    Workload(files=40, steps=5, delay_ms=_DELAY_MS, at_once=20),
    Workload(files=200, steps=1, delay_ms=_DELAY_MS, at_once=16),
)
_INTRODUCTION = f"""\
200 steps whose answer comes after {_DELAY_MS} ms each. Ideal is the sum of these delays over the number
of files at once. The time of a run of one such file that has no delay is taken off: start-up."""


def _measure(field: Field) -> Figures:
    start = field.prepare("agentrig", Workload(files=1, steps=1), name="start")
    contenders = [
        start,
        *(field.prepare("agentrig", work, name=str(work.files)) for work in _WORKLOADS),
    ]
    starts, *slow = interleave(contenders, server=field.server, rounds=field.rounds)
    goals, rows = [], [("1 file of 1 step, no delay", starts)]
    for work, runs in zip(_WORKLOADS, slow, strict=True):
        title = f"{work.files} files of {work.steps}, {work.at_once} at once"
        ideal_s = work.chats * work.delay_ms / 1000 / work.at_once
        rows.append((f"{title} (ideal {ideal_s:g} s)", runs))
        over = [
            (run.elapsed_s - first.elapsed_s) / ideal_s
            for run, first in zip(runs, starts, strict=True)
        ]
        goals.append(
            Goal(title=f"slow server, {title} / ideal", measured=median(over), at_most=1.15)
        )
    return Figures(text=f"{_INTRODUCTION}\n\n{run_table(rows)}", goals=tuple(goals))


DELAY = Part(title=f"200 steps of {_DELAY_MS} ms", tools=("agentrig",), rounds=7, measure=_measure)
