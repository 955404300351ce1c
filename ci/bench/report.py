"""Tables of what was measured, in Markdown, beside what issue and design ask for."""

from __future__ import annotations

import os
import platform
import sysconfig
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.measure import Cost, Run

__all__ = [
    "Goal",
    "amount",
    "goal_table",
    "interpreter",
    "machine",
    "peak",
    "ratio",
    "run_table",
    "table",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure, and what it should be; without a bound there is no verdict.

    A figure that could not be had is None. `of_medians` and `of_cpu` are further views of a
    ratio of times.
    """

    title: str
    measured: float | None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    of_medians: float | None = None
    of_cpu: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the figure is within its bounds."""
        if self.measured is None:
            return "not measured"
        if self.at_most is None and self.at_least is None:
            return ""
        at_least = self.measured if self.at_least is None else self.at_least
        at_most = self.measured if self.at_most is None else self.at_most
        return "met" if at_least <= self.measured <= at_most else "MISSED"

    def row(self) -> tuple[str, ...]:
        """Give the cells of the goal's line."""
        bounds = [("at most", self.at_most), ("at least", self.at_least)]
        bound = ", ".join(f"{word} {_figure(x)}{self.unit}" for word, x in bounds if x is not None)
        measured = "-" if self.measured is None else f"{_figure(self.measured)}{self.unit}"
        views = ["" if view is None else _figure(view) for view in (self.of_medians, self.of_cpu)]
        return self.title, measured, bound, self.verdict, *views


def ratio(
    title: str,
    over: Sequence[Cost],
    under: Sequence[Cost],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    worst: bool = False,
) -> Goal:
    """Compare times of `over` with those of `under`, both in the order of the rounds.

    The figure is the median of the ratios of each round's pair, which noise moves least; with
    `worst` the largest of them.
    """
    both = list(zip(over, under, strict=True))
    choose = max if worst else median
    return Goal(
        title=title,
        measured=choose(one.elapsed_s / other.elapsed_s for one, other in both),
        at_most=at_most,
        at_least=at_least,
        of_medians=None if worst else _median_s(over) / _median_s(under),
        of_cpu=choose(one.cpu_s / other.cpu_s for one, other in both),
    )


def run_table(runs: Iterable[tuple[str, Sequence[Run]]]) -> str:
    """Show times and memory of named runs."""
    rows: list[tuple[str, ...]] = [("", "median s", "min s", "max s", "CPU s", "peak MiB")]
    for name, measured in runs:
        elapsed = [run.elapsed_s for run in measured]
        rows.append(
            (
                name,
                *(f"{value:.3f}" for value in (median(elapsed), min(elapsed), max(elapsed))),
                f"{median(run.cpu_s for run in measured):.3f}",
                amount(peak(measured)),
            )
        )
    return table(rows)


def goal_table(goals: Sequence[Goal]) -> str:
    """Show all figures beside their goals."""
    head = ("figure", "measured", "goal", "verdict", "of medians", "of CPU times")
    return table([head, *(goal.row() for goal in goals)])


def peak(runs: Sequence[Run]) -> float | None:
    """Give the largest resident set of some runs, in MiB, if it could be seen."""
    return max((run.peak_mib for run in runs if run.peak_mib is not None), default=None)


def amount(mib: float | None) -> str:
    """Show an amount of memory."""
    return "-" if mib is None else f"{mib:.0f}"


def machine() -> str:
    """Describe the machine in general words."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory_gib:.0f} GiB of memory, load {os.getloadavg()[0]:.1f} at the start"
    )


def interpreter() -> str:
    """Describe the Python that runs agentrig and all other Python tools.

    How it was built matters more than its version: Debian's, like that of the official image, is
    optimised by a profile, which pyenv's is not unless it is told so.
    """
    version = f"Python {platform.python_version()}"
    if "deb_system" in sysconfig.get_scheme_names():
        return f"{version} as Debian builds it"
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return f"{version} built {'with' if optimised else 'without'} --enable-optimizations"


def table(rows: Sequence[Sequence[str]]) -> str:
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


def _median_s(costs: Sequence[Cost]) -> float:
    return median(cost.elapsed_s for cost in costs)


def _figure(value: float) -> str:
    """Give three digits, and no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
