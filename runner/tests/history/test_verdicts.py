"""What a row of outcomes says, against the plainest way to say it."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.events import Outcome
from agentrig.history._verdicts import CODES, code_of, flakiness, passed_of, standing

ROWS = st.text("pkfesin", max_size=30)


@given(ROWS)
def test_a_standing_is_the_last_run_of_equal_verdicts(codes: str) -> None:
    verdicts = [(place, passed_of(code)) for place, code in enumerate(codes)]
    streaks = [
        [place for place, _ in streak]
        for _, streak in groupby(
            (one for one in verdicts if one[1] is not None), key=lambda one: one[1]
        )
    ]
    found = standing(codes)
    if not streaks:
        assert (found.passed, found.since, found.before) == (None, None, None)
        return
    assert found.passed is passed_of(codes[streaks[-1][-1]])
    assert found.since == streaks[-1][0]
    assert found.before == (streaks[-2][-1] if len(streaks) > 1 else None)


@given(ROWS, st.text("esin", max_size=5))
def test_what_is_no_verdict_changes_nothing(codes: str, later: str) -> None:
    assert standing(codes + later) == standing(codes)
    groups: list[str | None] = ["a"] * len(codes)
    assert flakiness(codes + later, [*groups, *later]) == flakiness(codes, groups)


@given(
    st.lists(st.tuples(st.sampled_from("pkfesin"), st.sampled_from(["a", "b", None])), max_size=30)
)
def test_flips_are_counted_within_their_group(rows: list[tuple[str, str | None]]) -> None:
    found = flakiness("".join(code for code, _ in rows), [group for _, group in rows])
    flips = 0
    for group in ("a", "b"):
        own = [code != "f" for code, of in rows if of == group and code in "pkf"]
        flips += sum(one is not other for one, other in pairwise(own))
    assert found.flips == flips
    assert found.retried == sum(code == "k" for code, _ in rows)
    assert found.verdicts == sum(code in "pkf" for code, _ in rows)
    assert 0 <= found.rate <= 1
    assert found.is_flaky == (flips > 0 or found.retried > 0)


@given(ROWS)
def test_nobody_is_flaky_by_other_commits(codes: str) -> None:
    codes = codes.replace("k", "p")
    assert not flakiness(codes, list(range(len(codes)))).is_flaky
    assert not flakiness(codes, [None] * len(codes)).is_flaky


@pytest.mark.parametrize(
    ("codes", "passed", "since", "before"),
    [
        ("ppf", False, 2, 1),
        ("ppfeff", False, 2, 1),
        ("fff", False, 0, None),
        ("pfe", False, 1, 0),
        ("fpk", True, 1, 0),
        ("pefs", False, 2, 0),
    ],
)
def test_standings(codes: str, passed: bool, since: int, before: int | None) -> None:  # noqa: FBT001  # a table
    found = standing(codes)
    assert (found.passed, found.since, found.before) == (passed, since, before)


def test_every_outcome_has_a_letter() -> None:
    letters = {code_of(outcome, flaky=False) for outcome in Outcome}
    assert letters | {code_of(Outcome.PASSED, flaky=True)} == set(CODES)
    assert code_of(Outcome.FAILED, flaky=True) == "f"
