"""What a new attempt takes over: every verdict once, the latest one, and nothing of other plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.events import Outcome, RunContinued, ScenarioFinished, Source
from agentrig.reporters import Tally, read_journal
from agentrig.resume import VERDICTS, read_earlier
from tests.support.attempts import RUN, attempt_at, earlier, finished, kept_of, plan_of, told_by

if TYPE_CHECKING:
    from agentrig.resume import Kept

PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
SKIPPED, INTERRUPTED, NOT_RUN = Outcome.SKIPPED, Outcome.INTERRUPTED, Outcome.NOT_RUN
NAMES = ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml", "f.yaml"]
START = plan_of(NAMES)
EVERY = dict(zip(NAMES, Outcome, strict=True))
FIRST = attempt_at(START, [*told_by(EVERY), finished(1)], attempt=1)


def outcomes(kept: Kept) -> dict[str, Outcome]:
    return {name: one.outcome for name, one in kept.verdicts.items()}


def test_verdicts_are_kept_and_all_else_runs_again() -> None:
    kept = kept_of({1: FIRST}, START)
    assert outcomes(kept) == {name: one for name, one in EVERY.items() if one in VERDICTS}
    assert {one.value for one in VERDICTS} == {"passed", "failed", "skipped"}
    assert kept.event() == RunContinued(attempts=(1,), kept=3)


def test_records_of_what_is_kept_are_as_they_were() -> None:
    kept = kept_of({1: FIRST}, START)
    own = [*read_journal(FIRST, name="first")]
    assert [*kept.records()] == [
        one for one in own if getattr(one.event, "scenario", None) in kept.verdicts
    ]


def test_a_third_attempt_keeps_what_the_second_one_kept() -> None:
    """Each journal is whole by itself: the first one may be gone by then."""
    kept = kept_of({1: FIRST}, START)
    second = attempt_at(START, told_by({"c.yaml": PASSED}), attempt=2, kept=kept)
    third = kept_of({2: second}, START)
    assert {name: one.attempt for name, one in third.verdicts.items()} == {
        "a.yaml": 1,
        "b.yaml": 1,
        "d.yaml": 1,
        "c.yaml": 2,
    }
    assert [*third.records()] == [*kept_of({1: FIRST, 2: second}, START).records()]
    assert third.event().attempts == (1, 2)


def test_of_two_that_raced_the_later_verdict_holds() -> None:
    second = attempt_at(START, told_by({"a.yaml": FAILED, "b.yaml": ERROR}), attempt=2)
    kept = kept_of({1: FIRST, 2: second}, START)
    assert outcomes(kept)["a.yaml"] is FAILED
    # What has no verdict there has one of before.
    assert (kept.verdicts["b.yaml"].attempt, outcomes(kept)["b.yaml"]) == (1, EVERY["b.yaml"])


def test_clocks_that_disagree_change_nothing() -> None:
    """The number of the attempt says which is later: the nodes' clocks may be years apart."""
    second = attempt_at(START, told_by({"a.yaml": FAILED}), attempt=2, begin_ms=0)
    kept = kept_of({1: FIRST, 2: second}, START)
    assert outcomes(kept)["a.yaml"] is FAILED
    assert [one.attempt for one in kept.records()] == sorted(one.attempt for one in kept.records())


def test_a_failure_that_has_retries_left_runs_again() -> None:
    """As where the run was interrupted before them: its next execution may show that it is flaky."""
    journal = attempt_at(START, told_by({"a.yaml": FAILED}, executions=1), attempt=1)
    for retries, kept in ((0, True), (1, True), (2, False)):
        found = kept_of({1: journal}, START, retry_failed=retries)
        assert ("a.yaml" in found.verdicts) is kept


def test_what_is_repeated_begins_anew() -> None:
    kept = kept_of({1: FIRST}, START, again="it is repeated")
    assert kept.event() == RunContinued(attempts=(), kept=0, notes=("it is repeated",))
    assert [*kept.records()] == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"namespace": "qa"}, "it tested another namespace"),
        ({"commit": "f" * 40}, "it tested another commit"),
        ({"labels": (("model", "small-1"),)}, "it had other labels"),
        ({"shards": 3}, "it was one of another number of shards"),
        ({"files": "sha256:0"}, "its scenario files had another content"),
        (
            {"source": Source(kind="git", url="https://host/qa.git", commit="0" * 40)},
            "its files came from elsewhere, or are of another commit",
        ),
        (
            {"planned": START.planned[1:]},
            "its plan was another one (0 new, 1 gone)",
        ),
    ],
)
def test_nothing_is_kept_of_an_attempt_at_something_else(
    other: dict[str, object], why: str
) -> None:
    kept = kept_of({1: FIRST}, replace(START, **other))
    assert kept.event() == RunContinued(
        attempts=(), kept=0, notes=(f"nothing of attempt 1 is kept: {why}",)
    )


def test_an_attempt_at_the_same_is_kept_beside_one_at_something_else() -> None:
    second = attempt_at(replace(START, commit="f" * 40), told_by({"a.yaml": FAILED}), attempt=2)
    kept = kept_of({1: FIRST, 2: second}, START)
    assert outcomes(kept)["a.yaml"] is PASSED
    assert kept.notes == ("nothing of attempt 2 is kept: it tested another commit",)


def test_the_order_of_the_plan_does_not_matter() -> None:
    assert kept_of({1: FIRST}, replace(START, planned=START.planned[::-1])).event().kept == 3


@settings(max_examples=200)
@given(data=st.data())
def test_any_number_of_attempts_come_to_the_same_as_one(data: st.DataObject) -> None:
    """Killed anywhere, any number of times, with journals cut anywhere: each scenario ends once."""
    truth = {name: data.draw(st.sampled_from([PASSED, FAILED, SKIPPED])) for name in NAMES}
    journals: dict[int, bytes] = {}
    ran: list[str] = []
    for attempt in range(1, 30):
        kept = kept_of(journals, START)
        assert {*kept.verdicts} == {*ran}, "lost, or run twice"
        left = [name for name in NAMES if name not in kept.verdicts]
        whole = attempt_at(
            START, told_by({name: truth[name] for name in left}), attempt=attempt, kept=kept
        )
        cut = data.draw(st.integers(0, len(whole)))
        journals[attempt] = whole[:cut]
        told = [
            one.event.scenario
            for one in read_journal(whole[:cut], name="cut")
            if isinstance(one.event, ScenarioFinished) and one.attempt == attempt
        ]
        ran += told
        if cut == len(whole):
            break
        if data.draw(st.booleans()):
            # A volume of its own, or a store in which nothing of it came to be.
            journals[attempt] = b""
            ran = [name for name in ran if name not in told]
    tally = Tally()
    for record in read_journal(journals[max(journals)], name="last"):
        tally.receive(record)
    if cut == len(whole):
        assert {name: one.outcome for name, one in tally.results.items()} == truth
        assert tally.missing == []


LINES = attempt_at(
    plan_of(["a.yaml", "bü.yaml"]),
    [*told_by({"a.yaml": PASSED, "bü.yaml": FAILED}), finished(1)],
    attempt=1,
)


def test_a_journal_cut_at_any_byte_tells_all_that_it_holds() -> None:
    for size in range(len(LINES) + 1):
        found = read_earlier(earlier(1, LINES[:size]), run=RUN, shard=0)
        # A last line that lacks its end alone is whole.
        lines = LINES[: size + 1].split(b"\n")[:-1] if LINES[size : size + 1] == b"\n" else None
        whole = lines if lines is not None else LINES[:size].split(b"\n")[:-1]
        ended = [line for line in whole if b'"scenario.finished"' in line]
        assert len(found.verdicts) == len(ended), size
        assert (found.size, found.problem) == (len(whole), None), size


@settings(max_examples=300)
@given(data=st.data())
def test_no_damage_breaks_the_reading(data: st.DataObject) -> None:
    """Whatever stands in a journal from a store: it is read as far as it holds, and never breaks."""
    begin = data.draw(st.integers(0, len(LINES)))
    end = data.draw(st.integers(begin, len(LINES)))
    damaged = LINES[:begin] + data.draw(st.binary(max_size=40)) + LINES[end:]
    found = read_earlier(earlier(1, damaged), run=RUN, shard=0)
    assert {*found.verdicts} <= {"a.yaml", "bü.yaml"}
    kept = kept_of({1: damaged}, plan_of(["a.yaml", "bü.yaml"]))
    assert len([*kept.records()]) <= found.size


def foreign() -> dict[str, bytes]:
    lines = LINES.splitlines(keepends=True)
    return {
        "another run": LINES.replace(b'"qa-7"', b'"qa-8"'),
        "another shard": LINES.replace(b'"shard":0', b'"shard":1'),
        "a later attempt": LINES.replace(b'"attempt":1', b'"attempt":2'),
        "no beginning": b"".join(lines[1:]),
        "two beginnings": lines[0] + LINES,
        "nothing": b"",
    }


@pytest.mark.parametrize("what", [*foreign()])
def test_a_journal_of_something_else_tells_nothing(what: str) -> None:
    found = read_earlier(earlier(1, foreign()[what]), run=RUN, shard=0)
    assert found.verdicts == {}


def test_what_stands_behind_a_hole_is_not_relied_on() -> None:
    """The lines of a step may be lost: its scenario would be there, and not as it was."""
    lines = LINES.splitlines(keepends=True)
    hole = b"".join([*lines[:5], *lines[6:]])
    kept = kept_of({1: hole}, plan_of(["a.yaml", "bü.yaml"]))
    assert outcomes(kept) == {"a.yaml": PASSED}
    [note] = kept.notes
    assert note.startswith("what came last in attempt 1 is lost: ")
    assert note.endswith("attempt-1.jsonl: its journal is not in order at record 5")


def test_an_attempt_without_a_beginning_is_no_trouble() -> None:
    assert kept_of({1: b""}, START).event() == RunContinued(attempts=(), kept=0)
