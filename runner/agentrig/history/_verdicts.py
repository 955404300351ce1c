"""What a scenario's outcomes, one after the other, say of it.

Only passed and failed are verdicts. An infrastructure error, an interruption, a skip and a scenario
that was never begun say nothing of the agent, and are passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["CODES", "Flakiness", "Standing", "code_of", "flakiness", "passed_of", "standing"]

CODES = {
    "p": "passed",
    "k": "passed when executed again",
    "f": "failed",
    "e": "infrastructure error",
    "s": "skipped",
    "i": "interrupted",
    "n": "not run",
}
"""The letters that outcomes are kept as: one byte each, for there may be millions."""

_CODE_OF = {
    Outcome.PASSED: "p",
    Outcome.FAILED: "f",
    Outcome.ERROR: "e",
    Outcome.SKIPPED: "s",
    Outcome.INTERRUPTED: "i",
    Outcome.NOT_RUN: "n",
}


class Standing(Struct, frozen=True, kw_only=True):
    """Where a scenario stands: `passed` is its latest verdict, None if it has none.

    `since` is the place of the first of the verdicts that agree with the latest one, and `before`
    that of the last one that does not: of a failing scenario, its first bad run and its last good
    one. `before` is None if it never was otherwise.
    """

    passed: bool | None = None
    since: int | None = None
    before: int | None = None


class Flakiness(Struct, frozen=True, kw_only=True):
    """How often a scenario contradicted itself.

    `flips`: its verdict changed from one run to the next of the same group, so of the same commit
    against the same environment and model. `retried`: it passed when a run executed it again.
    `changes` are all changes of its verdict, whatever the commit. `verdicts` is of how many.

    That a test is flaky if the same code passes and fails is the rule of Micco, "Flaky Tests at
    Google and How We Mitigate Them" (2016); to rank by the rate of flips is that of Kowalczyk et
    al., "Modeling and Ranking Flaky Tests at Apple" (ICSE-SEIP 2020).
    """

    verdicts: int = 0
    flips: int = 0
    retried: int = 0
    changes: int = 0

    @property
    def is_flaky(self) -> bool:
        """Whether it has contradicted itself at all."""
        return self.flips + self.retried > 0

    @property
    def rate(self) -> float:
        """Give the share of its verdicts that contradict another, between 0 and 1."""
        return min(1.0, (self.flips + self.retried) / self.verdicts) if self.verdicts else 0.0


def code_of(outcome: Outcome, *, flaky: bool) -> str:
    """Give the letter of an outcome."""
    return "k" if flaky and outcome is Outcome.PASSED else _CODE_OF[outcome]


def passed_of(code: str) -> bool | None:
    """Say whether an outcome is a verdict, and which."""
    return True if code in "pk" else False if code == "f" else None


def standing(codes: str) -> Standing:
    """Find out how long a scenario has stood as it stands; `codes` are in the order of time."""
    latest: bool | None = None
    since = before = None
    for place in range(len(codes) - 1, -1, -1):
        passed = passed_of(codes[place])
        if passed is None:
            continue
        if latest is None:
            latest = passed
        if passed is not latest:
            before = place
            break
        since = place
    return Standing(passed=latest, since=since, before=before)


def flakiness(codes: str, groups: Sequence[Hashable | None]) -> Flakiness:
    """Count contradictions; `groups` says of each outcome which others it is to agree with.

    None stands for a run of which nobody knows the commit: it can contradict no other.
    """
    last_of: dict[Hashable, bool] = {}
    last: bool | None = None
    verdicts = flips = changes = 0
    for code, group in zip(codes, groups, strict=True):
        passed = passed_of(code)
        if passed is None:
            continue
        verdicts += 1
        changes += last is not None and passed is not last
        last = passed
        if group is not None:
            flips += last_of.get(group, passed) is not passed
            last_of[group] = passed
    return Flakiness(verdicts=verdicts, flips=flips, retried=codes.count("k"), changes=changes)
