"""The decision of a new attempt: what is kept of the earlier ones, and so is not run again."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import RunContinued
from agentrig.resume._agree import disagreement
from agentrig.resume._verdict import Verdict  # noqa: TC001  # msgspec resolves it

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentrig.events import Record, RunStarted
    from agentrig.resume._earlier import Found

__all__ = ["Kept", "keep"]


class Kept(Struct, frozen=True, kw_only=True):
    """What holds of earlier attempts: `verdicts` by scenario, and why others do not, in `notes`."""

    verdicts: Mapping[str, Verdict]
    notes: tuple[str, ...]
    sources: tuple[tuple[Found, Mapping[str, int]], ...]
    """What is taken from where: of each journal, the attempt that ran each scenario."""

    def event(self) -> RunContinued:
        """Say it in the journal."""
        return RunContinued(
            attempts=tuple(sorted({one.attempt for one in self.verdicts.values()})),
            kept=len(self.verdicts),
            notes=self.notes,
        )

    def records(self) -> Iterator[Record]:
        """Give the records of what is kept as they were, by attempt and in the order of each."""
        return heapq.merge(
            *(found.records(chosen) for found, chosen in self.sources),
            key=lambda record: (record.attempt, record.seq),
        )


def keep(
    found: Sequence[Found],
    *,
    started: RunStarted,
    retry_failed: int = 0,
    again: str | None = None,
) -> Kept:
    """Decide what a run that has `started` need not run again, because it was `found` before.

    The latest verdict on a scenario holds, of the attempts at the same plan and files. `again`
    says why the run has to be whole by itself: then nothing is kept.
    """
    notes: list[str] = []
    verdicts: dict[str, Verdict] = {}
    holder: dict[str, int] = {}
    for index, one in enumerate(found):
        why = one.problem if one.started is None else disagreement(one.started, started)
        if one.problem and why is None:
            notes.append(f"what came last in attempt {one.earlier.attempt} is lost: {one.problem}")
        if why:
            notes.append(f"nothing of attempt {one.earlier.attempt} is kept: {why}")
        if why or again or one.started is None:
            continue
        for scenario, verdict in one.verdicts.items():
            before = verdicts.get(scenario)
            later = before is None or before.attempt < verdict.attempt
            if later and verdict.is_final(retry_failed=retry_failed):
                verdicts[scenario], holder[scenario] = verdict, index
            elif later:
                # What a later attempt left open is open, whatever was found before.
                verdicts.pop(scenario, None)
    if again:
        notes.append(again)
    chosen: list[dict[str, int]] = [{} for _ in found]
    for scenario, verdict in verdicts.items():
        chosen[holder[scenario]][scenario] = verdict.attempt
    return Kept(
        verdicts=verdicts,
        notes=tuple(notes),
        sources=tuple((one, mine) for one, mine in zip(found, chosen, strict=True) if mine),
    )
