"""Tables of what was measured, in Markdown, beside what issue and design ask for."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measure import Run
    from bench.workloads import Workload

__all__ = ["Goal", "goal_table", "machine", "run_table", "versions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What `over` should take of the time of `under`, both in the order of the rounds.

    The verdict falls on the median of the ratios of each round's pair, which noise moves least;
    with `worst` on the largest of them. Without a bound there is no verdict.
    """

    title: str
    over: Sequence[Run]
    under: Sequence[Run]
    at_most: float | None = None
    at_least: float | None = None
    worst: bool = False


def run_table(workload: Workload, runs: Mapping[str, Sequence[Run]]) -> str:
    """Show each tool's times and memory."""
    rounds = len(next(iter(runs.values())))
    rows: list[tuple[str, ...]] = [("", "median s", "min s", "max s", "CPU s", "peak MiB")]
    for name, measured in runs.items():
        elapsed = [run.elapsed_s for run in measured]
        rows.append(
            (
                name,
                *(f"{value:.3f}" for value in (median(elapsed), min(elapsed), max(elapsed))),
                f"{median(run.cpu_s for run in measured):.3f}",
                f"{max(run.peak_mib for run in measured):.0f}",
            )
        )
    return f"### {workload.title} ({rounds} rounds)\n\n{_table(rows)}"


def goal_table(goals: Sequence[Goal]) -> str:
    """Show the ratios of times beside their goals; `CPU` is that of CPU times, of pairs."""
    rows: list[tuple[str, ...]] = [
        ("time of one over the other", "of medians", "of pairs", "CPU", "goal", "verdict")
    ]
    rows += [_goal_row(goal) for goal in goals]
    return f"### Ratios\n\n{_table(rows)}"


def machine() -> str:
    """Describe the machine in general words."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory_gib:.0f} GiB of memory, load {os.getloadavg()[0]:.1f} at the start"
    )


def versions(tavern: Mapping[str, str]) -> str:
    """Name what was measured; `tavern` are the versions of Tavern's environment by name."""
    own = ", ".join(
        f"{name} {version(name)}" for name in ("agentrig", "pyreqwest", "pytest", "httpx")
    )
    others = ", ".join(f"{name} {number}" for name, number in tavern.items())
    return f"Python {platform.python_version()}; {own}; in an environment of its own {others}"


def _goal_row(goal: Goal) -> tuple[str, ...]:
    of_medians = _median_s(goal.over) / _median_s(goal.under)
    both = list(zip(goal.over, goal.under, strict=True))
    choose = max if goal.worst else median
    of_pairs = choose(over.elapsed_s / under.elapsed_s for over, under in both)
    of_cpu = choose(over.cpu_s / under.cpu_s for over, under in both)
    bound, met = "", ""
    if goal.at_most is not None:
        bound, met = f"at most {goal.at_most:g}", _verdict(holds=of_pairs <= goal.at_most)
    if goal.at_least is not None:
        bound, met = f"at least {goal.at_least:g}", _verdict(holds=of_pairs >= goal.at_least)
    shown = "" if goal.worst else f"{of_medians:.2f}"
    return goal.title, shown, f"{of_pairs:.2f}", f"{of_cpu:.2f}", bound, met


def _median_s(runs: Sequence[Run]) -> float:
    return median(run.elapsed_s for run in runs)


def _verdict(*, holds: bool) -> str:
    return "met" if holds else "MISSED"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out in Markdown that is a table on a terminal too; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    rule = "|".join(
        "-" * (width + 1) + ":" if column else "-" * (width + 2)
        for column, width in enumerate(widths)
    )
    lines.insert(1, f"|{rule}|")
    return "\n".join(lines)
