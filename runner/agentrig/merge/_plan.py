"""What all shards together set out to do, and where their plans disagree."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from agentrig.events import Language, Planned, TroubleFound
from agentrig.reporters import say_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentrig.merge._shard import Shard

__all__ = ["disagreements", "merged_plan", "total_of"]

_NAMED = 5


def merged_plan(shards: Sequence[Shard]) -> tuple[Planned, ...]:
    """Give the plans of all shards as one, in the order that it had before it was split.

    Journals of older runners do not know it: then one shard follows the other.
    """
    placed: list[tuple[int, int, Planned]] = []
    for shard in shards:
        if shard.journal:
            started = shard.journal.started
            places = started.places or range(len(started.planned))
            placed += [
                (place if started.places else 0, shard.number, one)
                for place, one in zip(places, started.planned, strict=True)
            ]
    placed.sort(key=lambda one: one[:2])
    plan = {one.id: one for _, _, one in placed}
    for shard in shards:
        if shard.termination:
            for bad in shard.termination.bad:
                plan.setdefault(bad.id, _planned(bad.id))
    return tuple(plan.values())


def _planned(scenario: str) -> Planned:
    path, _, test = scenario.partition("::")
    language = Language.PYTHON if test else Language.YAML
    return Planned(id=scenario, name=test or scenario, path=path, line=1, language=language)


def total_of(shards: Sequence[Shard]) -> int | None:
    """Give the number of scenarios before they were split, None if nobody says."""
    totals = [
        shard.journal.started.total
        for shard in shards
        if shard.journal and shard.journal.started.total is not None
    ]
    return max(totals, default=None)


def disagreements(shards: Sequence[Shard]) -> Iterable[TroubleFound]:
    """Tell of plans that are no parts of one: the shards read other files, or split otherwise."""
    planned_by: defaultdict[str, list[int]] = defaultdict(list)
    totals: set[int] = set()
    known = 0
    for shard in shards:
        if shard.journal:
            started = shard.journal.started
            for one in started.planned:
                planned_by[one.id].append(shard.number)
            if started.total is not None:
                totals.add(started.total)
        elif shard.termination:
            known += shard.termination.planned
    yield from _other_sources(shards)
    hint = "all shards must be given the same files, options and --durations"
    doubled = {one: numbers for one, numbers in planned_by.items() if len(numbers) > 1}
    for scenario, numbers in list(doubled.items())[:_NAMED]:
        by = " and ".join(str(number) for number in numbers)
        yield TroubleFound(
            reason="SplitDisagrees",
            where=scenario,
            message=f"shards {by} have planned it",
            hint=hint,
        )
    if len(doubled) > _NAMED:
        more = f"{len(doubled) - _NAMED} more scenarios were planned by several shards"
        yield TroubleFound(reason="SplitDisagrees", where="the run", message=more, hint=hint)
    known += len(planned_by)
    all_told = all(shard.journal or shard.termination for shard in shards)
    if len(totals) > 1:
        words = " and ".join(str(total) for total in sorted(totals))
        message = f"shards have split {words} scenarios, and not the same ones"
        yield TroubleFound(reason="SplitDisagrees", where="the run", message=message, hint=hint)
    elif totals and all_told and known != max(totals):
        message = f"of {max(totals)} scenarios the shards have planned {known}"
        yield TroubleFound(reason="SplitDisagrees", where="the run", message=message, hint=hint)


def _other_sources(shards: Sequence[Shard]) -> Iterable[TroubleFound]:
    sources = [shard.journal.started.source for shard in shards if shard.journal]
    names = sorted({say_source(source) if source else "no source" for source in sources})
    if len({*sources}) > 1:
        yield TroubleFound(
            reason="SplitDisagrees",
            where="the run",
            message=f"its shards ran different files: {', '.join(names[:_NAMED])}",
            hint="name a commit instead of a branch, which may move between two fetches",
        )
