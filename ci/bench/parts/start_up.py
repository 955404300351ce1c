"""The start: what a run of one step takes."""

from __future__ import annotations

from bench.measure import interleave
from bench.part import Field, Figures, Part
from bench.report import ratio, run_table
from bench.workload import Workload

__all__ = ["START_UP"]


def _measure(field: Field) -> Figures:
    workload = Workload(files=1, steps=1)
    contenders = [field.prepare(key, workload) for key in field.tools]
    runs = interleave(contenders, server=field.server, rounds=field.rounds)
    by_key = dict(zip(field.tools, runs, strict=True))
    own = by_key["agentrig"]
    goals = []
    if other := by_key.get("pytest"):
        title = "start-up: agentrig / pytest + httpx"
        goals.append(ratio(title, own, other, at_most=1.15))
        goals.append(ratio(f"{title}, worst pair", own, other, at_most=1.8, worst=True))
    if other := by_key.get("tavern"):
        goals.append(ratio("start-up: Tavern / agentrig", other, own))
    text = run_table((tool.name, by_key[key]) for key, tool in field.tools.items())
    return Figures(text=text, goals=tuple(goals))


START_UP = Part(
    title="Start-up: one file of one step",
    tools=("agentrig", "pytest", "tavern"),
    rounds=21,
    measure=_measure,
)
