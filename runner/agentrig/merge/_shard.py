"""What came of one shard: the journals of its attempts, or what else tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from agentrig.errors import ReportError
from agentrig.events import Outcome, TroubleFound
from agentrig.merge._attempt import Attempt  # noqa: TC001  # msgspec resolves it
from agentrig.merge._combine import Combined, combine, is_numbered
from agentrig.merge._journal import Journal, find_journal
from agentrig.merge._last_words import last_words
from agentrig.merge._termination import Termination, read_termination

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Shard", "read_shard"]

_PASSED, _FAILED, _INTERRUPTED, _INFRASTRUCTURE, _INVALID, _EMPTY = range(6)


class Shard(Struct, frozen=True, kw_only=True):
    """A shard's results: `combined` of the journals of its attempts, else `termination`, or nothing.

    `exit_code` is the verdict. `troubles` say what is lost, and what was overcome.
    """

    number: int
    exit_code: int
    combined: Combined | None = None
    termination: Termination | None = None
    troubles: tuple[TroubleFound, ...] = ()

    @property
    def journal(self) -> Journal | None:
        """The journal that tells of the whole shard."""
        return self.combined.base if self.combined else None

    @property
    def is_whole(self) -> bool:
        """Whether its verdict is its own, and not that of its loss."""
        return all(trouble.overcome for trouble in self.troubles)


class _Left(Struct, frozen=True, kw_only=True):
    """What one attempt has left; `exit_code` is its verdict, and `troubles` what is lost of it."""

    attempt: Attempt
    exit_code: int
    journal: Journal | None = None
    termination: Termination | None = None
    troubles: tuple[TroubleFound, ...] = ()


def read_shard(number: int, attempts: Sequence[Attempt], *, run: str, shards: int) -> Shard:
    """Read what the attempts of a shard left behind.

    They come in the order in which they were made, as far as anybody knows; those that a store has
    counted are put into its order.
    """
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
    left = _in_order([_read_attempt(number, one, run=run, shards=shards) for one in attempts])
    journals = [one.journal for one in left if one.journal]
    combined = combine(journals) if journals else None
    deciding = _deciding(left, combined)
    last, later = left[deciding], left[deciding + 1 :]
    combined = combined if last.journal else None
    code, troubles = (
        _exit_code(last, combined),
        [one for behind in later for one in behind.troubles],
    )
    # A verdict on everything is all that was wanted: what came later costs nothing.
    if combined and combined.is_complete and last.exit_code in {_PASSED, _FAILED}:
        troubles = [replace(trouble, overcome=True) for trouble in troubles]
    elif later and code != _FAILED:
        # What an earlier attempt tells is better than nothing, and is no verdict.
        code = _INFRASTRUCTURE
    if any(one.exit_code == _FAILED for one in later):
        code = _FAILED
    return Shard(
        number=number,
        exit_code=code,
        combined=combined,
        termination=last.termination,
        troubles=(*_notes(left, deciding, where), *troubles, *last.troubles),
    )


def _in_order(left: Sequence[_Left]) -> list[_Left]:
    """Order the attempts by the numbers that a store gave them: the clocks of nodes differ."""
    numbered = [one for one in left if one.journal and is_numbered(one.journal)]
    by_number = iter(sorted(numbered, key=lambda one: one.journal.attempt if one.journal else 0))
    return [next(by_number) if one in numbered else one for one in left]


def _deciding(left: Sequence[_Left], combined: Combined | None) -> int:
    """Find the attempt that tells of the shard as a whole: the last one that has told its end.

    If it has told that in its termination message alone, journals of others say no more. If nothing
    is left of any attempt, the last one says so.
    """
    ended = [
        place
        for place, one in enumerate(left)
        if (combined and one.journal is combined.base)
        or (one.termination and (combined is None or one.termination.exit_code is not None))
    ]
    return ended[-1] if ended else len(left) - 1


def _exit_code(last: _Left, combined: Combined | None) -> int:
    """Decide: what other attempts have found may complete what the last one says, or spoil it."""
    if combined is None or not combined.added:
        return last.exit_code
    if Outcome.FAILED in combined.outcomes.values():
        return _FAILED
    base = combined.base
    if base.finished is None or not combined.is_complete:
        return last.exit_code if last.exit_code not in {_PASSED, _EMPTY} else _INFRASTRUCTURE
    # It was interrupted, or met trouble, in scenarios that have come to a verdict elsewhere.
    was_open = last.exit_code == _INTERRUPTED or Outcome.ERROR in base.outcomes.values()
    settled = was_open and last.exit_code in {_INTERRUPTED, _INFRASTRUCTURE}
    return _PASSED if settled and not last.troubles else last.exit_code


def _end_of(one: _Left) -> str:
    """Say how an attempt ended, by its own journal where nobody else has seen it end."""
    finished = one.journal.finished if one.journal else None
    if one.attempt.exit_code is None and finished:
        return f"it ended with exit code {finished.exit_code}"
    return one.attempt.end


def _notes(left: Sequence[_Left], deciding: int, where: str) -> list[TroubleFound]:
    """Tell of the attempts before the one that decides."""
    return [
        TroubleFound(
            reason=one.attempt.reason or "Retried",
            where=one.attempt.name,
            message=(f"attempt {place} of {len(left)}: {_end_of(one)}; {where} was run again"),
            overcome=True,
        )
        for place, one in enumerate(left[:deciding], start=1)
    ]


def _read_attempt(number: int, attempt: Attempt, *, run: str, shards: int) -> _Left:
    if attempt.fetch_exit_code:
        invalid = attempt.fetch_exit_code == _INVALID
        words = "what it needs could not be fetched, so that nothing ran"
        return _Left(
            attempt=attempt,
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
        return _of_journal(attempt, journal)
    termination = read_termination(attempt.termination, run=run)
    if termination:
        return _of_termination(attempt, termination, problem)
    words = last_words(attempt.log)
    said = f"{problem}, whose last words are: {words}" if words else problem
    return _Left(
        attempt=attempt,
        exit_code=_INFRASTRUCTURE,
        troubles=(_lost(attempt, f"{attempt.end}, and nothing tells of its results: {said}"),),
    )


def _of_journal(attempt: Attempt, journal: Journal) -> _Left:
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
    return _Left(attempt=attempt, exit_code=code, journal=journal, troubles=tuple(troubles))


def _of_termination(attempt: Attempt, termination: Termination, problem: str) -> _Left:
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
    return _Left(attempt=attempt, exit_code=code, termination=termination, troubles=(trouble,))


def _lost(attempt: Attempt, message: str, *, reason: str = "ResultsLost") -> TroubleFound:
    return TroubleFound(reason=attempt.reason or reason, where=attempt.name, message=message)
