"""The time per step, beside that of other tools."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench.measure import interleave, per_step
from bench.part import Field, Figures, Part
from bench.report import Goal, amount, peak, ratio, table
from bench.tools import TOOLS
from bench.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measure import Cost
    from bench.workload import Tool

__all__ = ["FEW", "MANY", "STEPS"]

FEW = Workload(files=1, steps=20)
MANY = Workload(files=50, steps=20)

# The largest share of another tool's time per step that agentrig's may be.
_AT_MOST: Mapping[str, float | None] = {
    "tavern": 1 / 20,
    "newman": 1 / 40,
    "gabbi": 1 / 10,
    "httpx": 1,
    "hurl": 1.8,
}

_INTRODUCTION = """\
20 steps in one file and 1,000 steps in 50 files; a step takes what the second run took longer,
over 980. Start-up is thus apart; the time to read the files is not. Tools that can have several
files under way have 16 at once; the others run one file after the other."""


def _measure(field: Field) -> Figures:
    contenders = [
        field.prepare(key, workload, name=str(workload.chats))
        for key in field.tools
        for workload in (FEW, MANY)
    ]
    runs = interleave(contenders, server=field.server, rounds=field.rounds)
    rows: list[tuple[str, ...]] = [
        ("", "ms a step", "min", "max", "CPU ms", "20 steps s", "1,000 steps s", "peak MiB")
    ]
    slopes: dict[str, list[Cost]] = {}
    for number, (key, tool) in enumerate(field.tools.items()):
        few, many = runs[2 * number : 2 * number + 2]
        slopes[key] = per_step(few, FEW.chats, many, MANY.chats)
        elapsed = [1000 * cost.elapsed_s for cost in slopes[key]]
        rows.append(
            (
                tool.name,
                *(f"{value:.2f}" for value in (median(elapsed), min(elapsed), max(elapsed))),
                f"{1000 * median(cost.cpu_s for cost in slopes[key]):.2f}",
                *(f"{median(run.elapsed_s for run in size):.3f}" for size in (few, many)),
                amount(peak(many)),
            )
        )
    rows += [(TOOLS[key].name, "not measured", *[""] * 6) for key in field.missing]
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}", goals=tuple(_goals(field, slopes)))


def _goals(field: Field, slopes: Mapping[str, Sequence[Cost]]) -> list[Goal]:
    own = slopes["agentrig"]
    return [
        ratio(_title(tool), own, slopes[key], at_most=_AT_MOST.get(key))
        for key, tool in field.tools.items()
        if key != "agentrig"
    ] + [
        Goal(title=_title(TOOLS[key]), measured=None, at_most=_AT_MOST.get(key))
        for key in field.missing
    ]


def _title(tool: Tool) -> str:
    return f"a step: agentrig / {tool.name}"


STEPS = Part(
    title="Time per step",
    tools=(
        *("agentrig", "hurl", "k6", "pyreqwest", "http.client", "httpx"),
        *("pytest", "asyncio-httpx", "gabbi", "tavern", "newman"),
    ),
    rounds=15,
    measure=_measure,
)
