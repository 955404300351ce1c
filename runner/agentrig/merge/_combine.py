"""The journals of all attempts at a shard as one: the latest verdict on each scenario."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import Outcome
from agentrig.merge._journal import Journal  # noqa: TC001  # msgspec resolves it
from agentrig.resume import VERDICTS, disagreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentrig.events import Record

__all__ = ["Combined", "combine", "is_numbered"]


class Combined(Struct, frozen=True, kw_only=True):
    """What the attempts have found together; the `base` has told of the whole, and of its end.

    `added` says of which scenarios another journal knows better, and of which attempt it has that.
    """

    base: Journal
    added: tuple[tuple[Journal, Mapping[str, int]], ...]
    outcomes: Mapping[str, Outcome]

    @property
    def is_complete(self) -> bool:
        """Whether there is a verdict on all that was planned."""
        found = self.outcomes
        return all(found.get(one.id) in VERDICTS for one in self.base.started.planned)

    @property
    def left_open(self) -> list[str]:
        """The scenarios that have begun, and of which no attempt tells the end."""
        return [scenario for scenario in self.base.begun if scenario not in self.outcomes]

    def records(self) -> Iterator[Record]:
        """Read the journals again, as that of an attempt that has kept what others have found."""
        if not self.added:
            yield from self.base.records()
            return
        own = self.base.records()
        yield next(own)
        yield from heapq.merge(
            *(_chosen(journal, scenarios) for journal, scenarios in self.added),
            key=lambda record: (record.attempt, record.seq),
        )
        elsewhere = {scenario for _, scenarios in self.added for scenario in scenarios}
        for record in own:
            if getattr(record.event, "scenario", None) not in elsewhere:
                yield record


def combine(journals: Sequence[Journal]) -> Combined:
    """Take the journals of a shard's attempts, in the order in which those were made.

    What attempts at another plan, or other files, have found counts for nothing.
    """
    base = next((one for one in reversed(journals) if one.finished), journals[-1])
    by_number = all(is_numbered(one) for one in journals)
    outcomes = dict(base.outcomes)
    holders: dict[str, Journal] = {}
    ranks = {
        scenario: _rank(base, journals, scenario, by_number=by_number)
        for scenario, outcome in base.outcomes.items()
        if outcome in VERDICTS
    }
    for journal in journals:
        if journal is base or disagreement(journal.started, base.started):
            continue
        for scenario, outcome in journal.outcomes.items():
            rank = _rank(journal, journals, scenario, by_number=by_number)
            if outcome in VERDICTS and rank > ranks.get(scenario, (-1, -1)):
                ranks[scenario] = rank
            elif outcome is not Outcome.ERROR or scenario in outcomes:
                # It broke in one attempt, and in no other has it come to anything.
                continue
            outcomes[scenario], holders[scenario] = outcome, journal
    added = [
        (one, {name: one.attempt_of(name) for name, holder in holders.items() if holder is one})
        for one in journals
    ]
    return Combined(
        base=base,
        added=tuple((journal, scenarios) for journal, scenarios in added if scenarios),
        outcomes=outcomes,
    )


def is_numbered(journal: Journal) -> bool:
    """Say whether the number of an attempt is its place among all of the run, as a store counts."""
    return journal.started.store is not None and journal.attempt > 0


def _rank(
    journal: Journal, journals: Sequence[Journal], scenario: str, *, by_number: bool
) -> tuple[int, int]:
    """Say how late the attempt was that has ended a scenario; clocks are not asked."""
    place = 0 if by_number else next(i for i, one in enumerate(journals) if one is journal)
    return place, journal.attempt_of(scenario)


def _chosen(journal: Journal, scenarios: Mapping[str, int]) -> Iterator[Record]:
    for record in journal.records():
        scenario: str = getattr(record.event, "scenario", "")
        if scenario in scenarios and scenarios[scenario] == record.attempt:
            yield record
