"""100,000 steps: neither slower, nor larger, than 1,000."""

from __future__ import annotations

from statistics import median

from bench.measure import interleave, per_step
from bench.part import Field, Figures, Part
from bench.report import Goal, amount, peak, ratio, table
from bench.workload import Workload

__all__ = ["MANY"]

_FEW = Workload(files=1, steps=20)
_SIZES = {
    "files": (
        Workload(files=50, steps=20),
        Workload(files=500, steps=20),
        Workload(files=5_000, steps=20),
    ),
    "steps a file": (
        Workload(files=50, steps=20),
        Workload(files=50, steps=200),
        Workload(files=50, steps=2_000),
    ),
    "repeats": (
        Workload(files=50, steps=20),
        Workload(files=50, steps=20, repeat=10),
        Workload(files=50, steps=20, repeat=100),
    ),
}
_INTRODUCTION = """\
The same 1,000 steps, ten and a hundred times as many: in more files, in longer ones, and by
`--repeat`. The time per step is the slope against 20 steps in one file."""


def _measure(field: Field) -> Figures:
    works = [
        field.prepare("agentrig", work, name=f"{way}-{work.chats}")
        for way, sizes in _SIZES.items()
        for work in sizes
    ]
    few, *runs = interleave(
        [field.prepare("agentrig", _FEW, name="few"), *works],
        server=field.server,
        rounds=field.rounds,
    )
    rows: list[tuple[str, ...]] = [("", "ms a step", "CPU ms", "median s", "peak MiB")]
    goals: list[Goal] = []
    for number, (way, sizes) in enumerate(_SIZES.items()):
        of_way = runs[number * len(sizes) :][: len(sizes)]
        costs = [
            per_step(few, _FEW.chats, own, work.chats)
            for work, own in zip(sizes, of_way, strict=True)
        ]
        for work, own, cost in zip(sizes, of_way, costs, strict=True):
            often = f", {work.repeat} times" if work.repeat > 1 else ""
            rows.append(
                (
                    f"{work.chats:,} steps: {work.files:,} files of {work.steps:,}{often}",
                    f"{1000 * median(one.elapsed_s for one in cost):.3f}",
                    f"{1000 * median(one.cpu_s for one in cost):.3f}",
                    f"{median(run.elapsed_s for run in own):.2f}",
                    amount(peak(own)),
                )
            )
        peaks = [peak(own) or 0 for own in of_way]
        title = f"100,000 steps by {way}"
        goals += [
            ratio(f"{title}: a step / one of 1,000", costs[-1], costs[0], at_most=1.2),
            Goal(title=f"{title}: peak", measured=peaks[-1], unit=" MiB", at_most=150),
            # A tenth is the noise of an allocator, not growth with ten times as many steps.
            Goal(title=f"{title}: peak / of 10,000", measured=peaks[-1] / peaks[1], at_most=1.1),
        ]
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}", goals=tuple(goals))


MANY = Part(title="100,000 steps", tools=("agentrig",), rounds=2, measure=_measure)
