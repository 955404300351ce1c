"""All shards of a run as one sequence of records, which every reporter can read.

The records of a shard stay as they are. Around them stand those of shard 0, made here: what all
shards together had planned, what the journals leave open, the troubles, and the end. Of a run that
is not split, the one journal is kept, with its end behind the troubles.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from agentrig import __version__
from agentrig.events import (
    Event,
    Iterations,
    Outcome,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    TroubleFound,
)
from agentrig.merge._plan import disagreements, merged_plan, total_of
from agentrig.merge._shard import Shard, read_shard
from agentrig.stream import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from agentrig.merge._attempt import Attempt

__all__ = ["Merged", "merge"]

INTERRUPTED = 2


class Merged(Struct, frozen=True, kw_only=True):
    """A run of which all parts have been looked at; `exit_code` is that of the whole.

    `now` is the time of day, for a run of which no journal tells the time.
    """

    run: str
    shards: tuple[Shard, ...]
    troubles: tuple[TroubleFound, ...]
    exit_code: int
    now: str

    def records(self) -> Iterator[Record]:
        """Read the journals again, one after the other, as one run."""
        begin, end = self._times()
        split = any(shard.number for shard in self.shards)
        only = None if split else self.shards[0].journal
        attempt, seq = (only.attempt, only.size - bool(only.finished)) if only else (0, 0)

        def record(event: Event, time: str = end) -> Record:
            nonlocal seq
            seq += 1
            return Record(
                run=self.run, shard=0, attempt=attempt, seq=seq - 1, time=time, event=event
            )

        if only is None:
            yield record(self._start(), begin)
        for shard in self.shards:
            for one in shard.combined.records() if shard.combined else ():
                if not isinstance(one.event, RunFinished):
                    yield one
                elif split:
                    yield replace(one, event=replace(one.event, exit_code=shard.exit_code))
        for event in self._left_open():
            yield record(event)
        for trouble in self.troubles:
            yield record(trouble)
        yield record(self._end(begin, end))

    def _times(self) -> tuple[str, str]:
        """Give the times of the first and the last record of all."""
        journals = [shard.journal for shard in self.shards if shard.journal]
        if not journals:
            return self.now, self.now
        moment = dt.datetime.fromisoformat
        return (
            min((one.begin for one in journals), key=moment),
            max((one.end for one in journals), key=moment),
        )

    def _start(self) -> RunStarted:
        started = next((one.journal.started for one in self.shards if one.journal), None)
        return RunStarted(
            agentrig_version=started.agentrig_version if started else __version__,
            python_version=started.python_version if started else "unknown",
            via=started.via if started else "unknown",
            namespace=started.namespace if started else "unknown",
            planned=merged_plan(self.shards),
            shards=len(self.shards),
            total=total_of(self.shards),
            source=started.source if started else None,
            commit=started.commit if started else None,
            labels=started.labels if started else (),
        )

    def _left_open(self) -> Iterator[ScenarioFinished]:
        for shard in self.shards:
            if shard.combined:
                for scenario in shard.combined.left_open:
                    yield ScenarioFinished(
                        scenario=scenario,
                        outcome=Outcome.INTERRUPTED,
                        elapsed_ms=0.0,
                        message="its runner was killed",
                    )
            elif shard.termination:
                for bad in shard.termination.bad:
                    yield ScenarioFinished(
                        scenario=bad.id, outcome=bad.outcome, elapsed_ms=0.0, message=bad.message
                    )

    def _end(self, begin: str, end: str) -> RunFinished:
        spent = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(begin)
        only = self.shards[0].journal if len(self.shards) == 1 else None
        if only and only.finished and self.exit_code == only.finished.exit_code:
            return only.finished
        return RunFinished(
            exit_code=self.exit_code,
            elapsed_ms=spent / dt.timedelta(milliseconds=1),
            message="\n\n".join(self._messages()) or None,
            iterations=_added([shard for shard in self.shards if shard.journal]),
        )

    def _messages(self) -> Iterator[str]:
        lost = [shard for shard in self.shards if not shard.is_whole]
        if lost and len(self.shards) > 1:
            verb = "has" if len(lost) == 1 else "have"
            yield (
                f"{len(lost)} of {len(self.shards)} shards {verb} no results, or not all of theirs"
                + self._uncounted()
            )
        elif lost:
            yield "the run has no results, or not all of its results"
        said: list[str] = []
        for shard in self.shards:
            finished = shard.journal.finished if shard.journal else shard.termination
            message = finished.message if finished else None
            # Of a shard that passed, it says that there was nothing for it to do.
            if message and shard.exit_code and message not in said:
                said.append(message)
        yield from said

    def _uncounted(self) -> str:
        """Say how many scenarios are not in the report: their shards told nobody of them."""
        total = total_of(self.shards)
        missing = 0 if total is None else total - len(merged_plan(self.shards))
        return f": {missing} of {total} scenarios are not in this report" if missing > 0 else ""


def merge(
    attempts: Sequence[Attempt],
    *,
    run: str,
    shards: int,
    troubles: Sequence[TroubleFound] = (),
    now: Callable[[], dt.datetime] = utc_now,
) -> Merged:
    """Look at all that is left of a run, which is split into `shards`, 0 for one that is not.

    The attempts of a shard come in the order in which they were made, unless a store has numbered
    them; of those of other shards any order will do. `troubles` were found by others, and are overcome if no results are lost and
    nothing was interrupted.
    """
    numbers = range(1, shards + 1) if shards else [0]
    found = tuple(
        read_shard(
            number,
            [one for one in attempts if one.shard == number],
            run=run,
            shards=shards,
        )
        for number in numbers
    )
    split = [*disagreements(found)]
    # What a deadline or an eviction interrupted has told all that it knows, and is no verdict.
    whole = not split and all(shard.is_whole and shard.exit_code != INTERRUPTED for shard in found)
    known = {(one.where, one.message) for one in troubles}
    told = [
        *(_settled(one) if whole else one for one in troubles),
        *(
            trouble
            for shard in found
            for trouble in shard.troubles
            if (trouble.where, trouble.message) not in known
        ),
        *split,
    ]
    return Merged(
        run=run,
        shards=found,
        troubles=tuple(told),
        exit_code=_exit_code(found, told),
        now=now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def _settled(trouble: TroubleFound) -> TroubleFound:
    return replace(trouble, overcome=True)


def _exit_code(shards: Sequence[Shard], troubles: Sequence[TroubleFound]) -> int:
    """Decide: invalid, failed, broken, interrupted, empty, passed, in this order."""
    codes = {shard.exit_code for shard in shards}
    for code in (4, 1):
        if code in codes:
            return code
    if 3 in codes or any(not trouble.overcome for trouble in troubles):  # noqa: PLR2004
        return 3
    if INTERRUPTED in codes:
        return INTERRUPTED
    return 5 if codes == {5} else 0


def _added(shards: Sequence[Shard]) -> Iterations | None:
    """Add the iterations of all shards; percentiles of their times cannot be added."""
    parts = [
        shard.journal.finished.iterations
        for shard in shards
        if shard.journal and shard.journal.finished and shard.journal.finished.iterations
    ]
    if not parts:
        return None
    return Iterations(
        total=sum(one.total for one in parts),
        passed=sum(one.passed for one in parts),
        failed=sum(one.failed for one in parts),
        errors=sum(one.errors for one in parts),
    )
