"""What came of one shard: its last attempt's journal, or what else tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import Outcome, TroubleFound
from agentrig.merge._journal import Journal, find_journal
from agentrig.merge._termination import Termination, read_termination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.merge._attempt import Attempt

__all__ = ["Shard", "read_shard"]

_INFRASTRUCTURE, _INVALID = 3, 4


class Shard(Struct, frozen=True, kw_only=True):
    """A shard's results: `journal`, else `termination`, else nothing.

    `exit_code` is the verdict. `troubles` say what is lost, and what was overcome.
    """

    number: int
    exit_code: int
    journal: Journal | None = None
    termination: Termination | None = None
    troubles: tuple[TroubleFound, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its verdict is its own, and not that of its loss."""
        return all(trouble.overcome for trouble in self.troubles)


def read_shard(number: int, attempts: Sequence[Attempt], *, run: str, shards: int) -> Shard:
    """Read what the attempts of a shard left behind, the last one first."""
    where = f"shard {number}/{shards}" if number else "the run"
    if not attempts:
        return Shard(
            number=number,
            exit_code=_INFRASTRUCTURE,
            troubles=(
                TroubleFound(
                    reason="ShardMissing" if number else "NoPod",
                    where=where,
                    message="it never started: none of its scenarios ran",
                ),
            ),
        )
    *earlier, last = attempts
    found = _read_attempt(number, last, run=run, shards=shards)
    if found.journal is None and found.termination is None:
        # What an earlier attempt tells is better than nothing, and is no verdict.
        for attempt in reversed(earlier):
            before = _read_attempt(number, attempt, run=run, shards=shards)
            if before.journal or before.termination:
                lost = max(_INFRASTRUCTURE if before.exit_code != 1 else 1, 1)
                return Shard(
                    number=number,
                    exit_code=lost,
                    journal=before.journal,
                    termination=before.termination,
                    troubles=(*found.troubles, *before.troubles),
                )
    notes = tuple(
        TroubleFound(
            reason=attempt.reason or "Retried",
            where=attempt.name,
            message=f"attempt {index} of {len(attempts)}: {attempt.end}; {where} was run again",
            overcome=True,
        )
        for index, attempt in enumerate(earlier, start=1)
    )
    return Shard(
        number=number,
        exit_code=found.exit_code,
        journal=found.journal,
        termination=found.termination,
        troubles=(*notes, *found.troubles),
    )


def _read_attempt(number: int, attempt: Attempt, *, run: str, shards: int) -> Shard:
    if attempt.fetch_exit_code:
        invalid = attempt.fetch_exit_code == _INVALID
        words = "what it needs could not be fetched, so that nothing ran"
        return Shard(
            number=number,
            exit_code=_INVALID if invalid else _INFRASTRUCTURE,
            troubles=(_lost(attempt, words, reason="NotFetched"),),
        )
    journal: Journal | None = None
    problem = "its log has no journal at its end"
    if attempt.log is None:
        problem = "its log could not be read"
    else:
        try:
            journal = find_journal(attempt.log, run=run, shard=number, shards=shards)
        except ReportError as error:
            problem = str(error)
    if journal:
        return _of_journal(number, attempt, journal)
    termination = read_termination(attempt.termination, run=run)
    if termination:
        return _of_termination(number, attempt, termination, problem)
    return Shard(
        number=number,
        exit_code=_INFRASTRUCTURE,
        troubles=(_lost(attempt, f"{attempt.end}, and nothing tells of its results: {problem}"),),
    )


def _of_journal(number: int, attempt: Attempt, journal: Journal) -> Shard:
    failed = Outcome.FAILED in journal.outcomes.values()
    troubles: list[TroubleFound] = []
    if journal.finished is None:
        ended, planned = len(journal.outcomes), len(journal.started.planned)
        words = f"{attempt.end}, after {ended} of {planned} scenarios"
        troubles.append(_lost(attempt, f"{words}: its journal has no end", reason="Killed"))
        code = 1 if failed else _INFRASTRUCTURE
    else:
        code = journal.finished.exit_code
        if attempt.exit_code not in {None, code}:
            words = f"{attempt.end}, and its journal says exit code {code}"
            troubles.append(_lost(attempt, words, reason="ExitCodeDiffers"))
            code = 1 if 1 in {code, attempt.exit_code} else _INFRASTRUCTURE
    return Shard(number=number, exit_code=code, journal=journal, troubles=tuple(troubles))


def _of_termination(number: int, attempt: Attempt, termination: Termination, problem: str) -> Shard:
    failed = bool(termination.counts.get(Outcome.FAILED))
    said = f"its termination message says: {termination.sentence()}"
    code = termination.exit_code
    if code is not None and attempt.exit_code in {None, code}:
        trouble = TroubleFound(
            reason="JournalLost",
            where=attempt.name,
            message=f"{problem}; {said}, exit code {code}",
            hint="without the journal, scenarios that passed are known by their number alone",
            overcome=True,
        )
    else:
        trouble = _lost(attempt, f"{attempt.end}: {problem}; {said}", reason="Killed")
        code = 1 if failed else _INFRASTRUCTURE
    return Shard(number=number, exit_code=code, termination=termination, troubles=(trouble,))


def _lost(attempt: Attempt, message: str, *, reason: str = "ResultsLost") -> TroubleFound:
    return TroubleFound(reason=attempt.reason or reason, where=attempt.name, message=message)
