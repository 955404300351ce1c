"""100,000 steps: neither slower, nor larger, than 1,000."""

from __future__ import annotations

from statistics import median

from bench.measure import interleave, per_step
from bench.part import Field, Figures, Part
from bench.report import Goal, amount, peak, ratio, table
from bench.workload import Workload

__all__ = ["MANY"]

_FEW = Workload(files=1, steps=20)
_ONCE = Workload(files=50, steps=20)
# Ten and a hundred times as much.
_LARGER = {
    "files": (Workload(files=500, steps=20), Workload(files=5_000, steps=20)),
    "steps a file": (Workload(files=50, steps=200), Workload(files=50, steps=2_000)),
    "repeats": (
        Workload(files=50, steps=20, repeat=10),
        Workload(files=50, steps=20, repeat=100),
    ),
}
_INTRODUCTION = """\
The same 1,000 steps, ten and a hundred times as many: in more files, in longer ones, and by
`--repeat`. The time per step is the slope against 20 steps in one file."""


def _measure(field: Field) -> Figures:
    works = [_ONCE, *(work for sizes in _LARGER.values() for work in sizes)]
    contenders = [
        field.prepare("agentrig", work, name=f"{work.files}-{work.steps}-{work.repeat}")
        for work in (_FEW, *works)
    ]
    few, *runs = interleave(contenders, server=field.server, rounds=field.rounds)
    costs = {
        work: per_step(few, _FEW.chats, own, work.chats)
        for work, own in zip(works, runs, strict=True)
    }
    peaks = {work: peak(own) or 0 for work, own in zip(works, runs, strict=True)}
    rows: list[tuple[str, ...]] = [("", "ms a step", "CPU ms", "median s", "peak MiB")]
    for work, own in zip(works, runs, strict=True):
        often = f", {work.repeat} times" if work.repeat > 1 else ""
        rows.append(
            (
                f"{work.chats:,} steps: {work.files:,} files of {work.steps:,}{often}",
                f"{1000 * median(one.elapsed_s for one in costs[work]):.3f}",
                f"{1000 * median(one.cpu_s for one in costs[work]):.3f}",
                f"{median(run.elapsed_s for run in own):.2f}",
                amount(peak(own)),
            )
        )
    goals: list[Goal] = []
    for way, (ten_times, most) in _LARGER.items():
        title = f"100,000 steps by {way}"
        goals += [
            ratio(f"{title}: a step / one of 1,000", costs[most], costs[_ONCE], at_most=1.2),
            Goal(title=f"{title}: peak", measured=peaks[most], unit=" MiB", at_most=150),
            # A tenth is the noise of an allocator, not growth with ten times as many steps.
            Goal(
                title=f"{title}: peak / of 10,000",
                measured=peaks[most] / peaks[ten_times],
                at_most=1.1,
            ),
        ]
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}", goals=tuple(goals))


MANY = Part(title="100,000 steps", tools=("agentrig",), rounds=3, measure=_measure)
