"""Shards as one run: whatever is lost, nothing that was planned disappears, and no loss passes."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.events import (
    Event,
    Iterations,
    Latency,
    LimitChecked,
    Outcome,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    Source,
    TroubleFound,
)
from agentrig.merge import Attempt, merge
from agentrig.reporters import read_journal, write_block
from agentrig.reporters.journal import encode
from tests.support.shards import FATES, RUN, SplitRun, journal_of, told

if TYPE_CHECKING:
    from agentrig.merge import Merged

VERDICTS = [Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED]


def split_run(folder: Path, *outcomes: Outcome, shards: int = 2) -> SplitRun:
    """Give a run whose scenarios are dealt out like cards."""
    names = [f"s{number:03}.yaml" for number in range(len(outcomes))]
    return SplitRun(
        folder,
        outcomes=dict(zip(names, outcomes, strict=True)),
        shard_of={name: 1 + number % shards if shards else 0 for number, name in enumerate(names)},
        shards=shards,
    )


def reasons(merged: Merged, *, overcome: bool = False) -> list[str]:
    return [one.reason for one in merged.troubles if one.overcome is overcome]


def messages(merged: Merged) -> str:
    return "\n".join(one.message for one in merged.troubles)


def test_all_shards_make_one_run_in_the_order_of_its_plan(tmp_path: Path) -> None:
    run = split_run(tmp_path, *[Outcome.PASSED] * 5, Outcome.SKIPPED, shards=3)
    for shard in (3, 1, 2):
        run.finish(shard)
    merged = run.merge()
    tally = told(merged)
    assert (merged.exit_code, merged.troubles, tally.exit_code) == (0, (), 0)
    assert [*tally.planned] == [*run.outcomes]
    assert {name: one.outcome for name, one in tally.results.items()} == run.outcomes
    assert sorted(tally.parts) == [1, 2, 3]
    assert (tally.shard, tally.started and tally.started.shards) == (0, 3)


@settings(max_examples=150, deadline=None)
@given(
    outcomes=st.lists(st.sampled_from(VERDICTS), max_size=12),
    shards=st.integers(1, 5),
    data=st.data(),
)
def test_whatever_is_lost_is_accounted_for(
    outcomes: list[Outcome], shards: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = split_run(Path(folder), *outcomes, shards=shards)
        run.shard_of = {name: data.draw(st.integers(1, shards)) for name in run.outcomes}
        fates = {shard: data.draw(st.sampled_from(FATES)) for shard in range(1, shards + 1)}
        for shard, fate in fates.items():
            after = data.draw(st.integers(1, len(run.events(shard)) - 1))
            run.suffer(shard, fate, after=after)
        merged = run.merge()
        run.attempts = data.draw(st.permutations(run.attempts))
        assert [*run.merge().records()] == [*merged.records()]
        tally = told(merged)
        # Every planned scenario has a result, or is named as one that did not run.
        assert {*tally.planned} == {*tally.results} | {*tally.missing}
        assert sum(tally.counts.values()) == len(tally.planned)
        assert {*tally.results} <= {*run.outcomes}
        for name, result in tally.results.items():
            assert result.outcome in {run.outcomes[name], Outcome.INTERRUPTED}
        # A shard that is whole is there with all that it ran.
        for name, outcome in run.outcomes.items():
            if fates[run.shard_of[name]] == "whole":
                assert tally.results[name].outcome is outcome
        lost = [fate for fate in fates.values() if fate != "whole"]
        assert len([one for one in merged.troubles if not one.overcome]) >= len(lost)
        assert merged.exit_code == tally.exit_code
        if lost:
            assert merged.exit_code in {1, 3}
        if Outcome.FAILED in {result.outcome for result in tally.results.values()}:
            assert merged.exit_code == 1


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((0, 0, 0), 0),
        ((0, 5, 0), 0),
        ((5, 5, 5), 5),
        ((2, 0, 5), 2),
        ((3, 2, 0), 3),
        ((1, 3, 2), 1),
        ((1, 4, 0), 4),
        ((None, 0, 0), 3),
        ((None, 1, 0), 1),
        ((None, 4, 0), 4),
        ((None, 2, 5), 3),
        ((None, None, None), 3),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_shard(
    tmp_path: Path, codes: tuple[int | None, ...], code: int
) -> None:
    run = split_run(tmp_path, shards=3)
    for shard, one in enumerate(codes, start=1):
        *events, _ = run.events(shard)
        if one is not None:
            run.finish(shard, events=[*events, RunFinished(exit_code=one, elapsed_ms=1.0)])
    merged = run.merge()
    assert merged.exit_code == code
    assert told(merged).exit_code == code


def test_a_shard_that_never_started_is_trouble(tmp_path: Path) -> None:
    run = split_run(tmp_path, *[Outcome.PASSED] * 5)
    run.finish(1)
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (3, ["ShardMissing"])
    *_, end = merged.records()
    assert isinstance(end.event, RunFinished)
    assert end.event.message == (
        "1 of 2 shards has no results, or not all of theirs: "
        "2 of 5 scenarios are not in this report"
    )


def test_an_earlier_attempt_is_told_of_and_counts_for_nothing(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    run.kill(1, after=2)
    run.finish(1)
    run.finish(2)
    evicted = TroubleFound(reason="Evicted", where="pod qa/p0", message="its node was full")
    merged = run.merge(troubles=[evicted])
    assert (merged.exit_code, reasons(merged)) == (0, [])
    assert reasons(merged, overcome=True) == ["Evicted", "OOMKilled"]
    assert "attempt 1 of 2: it ended with exit code 137 (OOMKilled)" in messages(merged)


def test_what_interrupted_a_run_is_trouble(tmp_path: Path) -> None:
    """A deadline ends a runner that tells all of its results; without trouble, a person did."""
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    *events, _ = run.events(1)
    run.finish(1, events=[*events, RunFinished(exit_code=2, elapsed_ms=1.0)])
    run.finish(2)
    deadline = TroubleFound(reason="DeadlineExceeded", where="job qa/run-7", message="too long")
    merged = run.merge(troubles=[deadline])
    assert (merged.exit_code, reasons(merged)) == (3, ["DeadlineExceeded"])
    assert run.merge().exit_code == 2


def test_an_attempt_that_came_to_nothing_costs_nothing_behind_one_that_is_whole(
    tmp_path: Path,
) -> None:
    """As where the node of a pod was lost that had told all it knew: there is nothing left to do."""
    for outcome, code in ((Outcome.PASSED, 0), (Outcome.ERROR, 3)):
        run = split_run(tmp_path, outcome, Outcome.PASSED)
        run.finish(1)
        run.finish(2)
        run.leave(1, reason="Pending")
        merged = run.merge()
        assert (merged.exit_code, reasons(merged)) == (code, ["Pending"] * (code > 0))
        assert told(merged).counts == Counter([outcome, Outcome.PASSED])


def test_a_failure_that_a_later_attempt_has_told_in_its_message_alone_is_one(
    tmp_path: Path,
) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    run.finish(1)
    run.finish(2)
    run.outcomes = {**run.outcomes, "s000.yaml": Outcome.FAILED}
    run.kill(1, after=3)
    merged = run.merge()
    assert merged.exit_code == told(merged).exit_code == 1
    assert "1 failed of 1 planned" in messages(merged)


def test_a_killed_shard_is_known_by_its_termination_message(tmp_path: Path) -> None:
    outcomes = [Outcome.FAILED, Outcome.PASSED, Outcome.ERROR, Outcome.PASSED, Outcome.PASSED]
    run = split_run(tmp_path, *outcomes)
    run.kill(1, after=5)
    run.finish(2)
    merged = run.merge()
    tally = told(merged)
    assert (merged.exit_code, reasons(merged)) == (1, ["OOMKilled"])
    assert tally.results["s000.yaml"].outcome is Outcome.FAILED
    assert tally.results["s000.yaml"].message == "s000.yaml is failed"
    assert "1 failed, 1 error, 1 not run of 3 planned" in messages(merged)


def test_a_log_that_was_rotated_leaves_the_verdict_of_the_message(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    killed = run.kill(1, after=99)
    run.attempts = [replace(killed, exit_code=0, reason="Completed")]
    run.finish(2)
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (0, [])
    assert "1 passed of 1 planned, exit code 0" in messages(merged)
    run.attempts[0] = replace(killed, exit_code=137)
    assert run.merge().exit_code == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the end of a log",
        "{}",
        '{"run":"other-1","exit_code":0,"planned":1,"counts":{"passed":1},"bad":[]}',
        '{"run":"qa-7","exit_code":0,"planned":1,"counts":{"passed":2},"bad":[]}',
        '{"run":"qa-7","exit_code":7,"planned":1,"counts":{},"bad":[]}',
        '{"run":"qa-7","exit_code":0,"planned":-1,"counts":{},"bad":[]}',
        '{"run":"qa-7","exit_code":0,"planned":1,"counts":{"great":1},"bad":[]}',
        (
            '{"run":"qa-7","exit_code":0,"planned":1,"counts":{},"bad":[{"id":"","outcome":"failed",'
            '"message":""}]}'
        ),
        (
            '{"run":"qa-7","exit_code":0,"planned":1,"counts":{},"bad":[{"id":"a","outcome":"passed",'
            '"message":""}]}'
        ),
        '{"run":"qa-7","exit_code":0,"planned":1,"counts":{},"bad":' + "[" * 3_000,
        '{"run":"qa-7","exit_code":0,"planned":1,"counts":{},"bad":[]}' + " " * 5_000,
        "\ud83d",
    ],
)
def test_a_termination_message_of_others_tells_nothing(tmp_path: Path, text: str) -> None:
    run = split_run(tmp_path, shards=0)
    run.leave(0, exit_code=0, termination=text)
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (3, ["ResultsLost"])


def foreign(events: list[Event]) -> dict[str, bytes]:
    """Give journals that do not belong to shard 1, by what is wrong with them."""
    own = list(read_journal(journal_of(events, shard=1), name="x"))
    start = events[0]
    assert isinstance(start, RunStarted)
    return {
        "another run": journal_of(events, shard=1, run="other-1"),
        "another shard": journal_of(events, shard=2),
        "another split": journal_of([replace(start, shards=9), *events[1:]], shard=1),
        "no beginning": journal_of(events[1:], shard=1),
        "two beginnings": journal_of([start, *events], shard=1),
        "two ends": journal_of([*events, events[-1]], shard=1),
        "out of order": b"".join(encode(record) for record in reversed(own)),
        "a hole": b"".join(encode(record) for record in [*own[:1], *own[2:]]),
        "no time": b"".join(encode(replace(record, time="noon")) for record in own),
        "naive time": b"".join(encode(replace(one, time="2026-01-02T03:04:05")) for one in own),
        "an unknown scenario": journal_of(
            [
                start,
                ScenarioFinished(scenario="?", outcome=Outcome.PASSED, elapsed_ms=1.0),
                events[-1],
            ],
            shard=1,
        ),
        "a plan with doubles": journal_of(
            [replace(start, planned=start.planned * 2), *events[1:]], shard=1
        ),
        "a place outside": journal_of(
            [replace(start, places=(99,) * len(start.places)), *events[1:]], shard=1
        ),
        "no exit code": journal_of(
            [*events[:-1], RunFinished(exit_code=99, elapsed_ms=1.0)], shard=1
        ),
        "a collector's words": journal_of(
            [start, TroubleFound(reason="a", where="b", message="c"), *events[1:]], shard=1
        ),
        "nothing": b"",
    }


WRONG = [*foreign(split_run(Path(), Outcome.PASSED).events(1))]


@pytest.mark.parametrize("what", WRONG)
def test_a_block_that_does_not_belong_to_the_shard_is_refused(tmp_path: Path, what: str) -> None:
    """A test may print anything, also what looks like results; the shard's own block still counts."""
    run = split_run(tmp_path, Outcome.PASSED)
    events = run.events(1)
    journal = foreign(events)[what]
    run.leave(1, log=write_block(journal), exit_code=0)
    other = run.finish(2)
    assert run.merge().exit_code == 3
    whole = write_block(journal_of(events, shard=1))
    for log in (write_block(journal) + whole, whole + write_block(journal)):
        run.attempts = [other]
        run.leave(1, log=log, exit_code=0)
        merged = run.merge()
        assert (merged.exit_code, merged.troubles) == (0, ())


def test_shards_that_split_otherwise_are_trouble(tmp_path: Path) -> None:
    run = split_run(tmp_path, *[Outcome.PASSED] * 4)
    run.finish(1)
    run.shard_of = {**run.shard_of, "s000.yaml": 2, "s001.yaml": 9}
    run.finish(2)
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (3, ["SplitDisagrees"] * 2)
    assert "shards 1 and 2 have planned it" in messages(merged)
    assert "of 4 scenarios the shards have planned 3" in messages(merged)


def test_shards_of_other_files_are_trouble(tmp_path: Path) -> None:
    run = split_run(tmp_path, *[Outcome.PASSED] * 4)
    run.finish(1)
    run.outcomes = {**run.outcomes, "new.yaml": Outcome.PASSED}
    run.shard_of = {**run.shard_of, "new.yaml": 2}
    run.finish(2)
    merged = run.merge()
    assert merged.exit_code == 3
    assert "shards have split 4 and 5 scenarios" in messages(merged)


def test_shards_that_fetched_another_commit_are_trouble(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    for shard in (1, 2):
        start, *rest = run.events(shard)
        assert isinstance(start, RunStarted)
        source = Source(kind="git", url="https://host/qa.git", ref="main", commit=str(shard) * 40)
        run.finish(shard, events=[replace(start, source=source), *rest])
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (3, ["SplitDisagrees"])
    assert "its shards ran different files: https://host/qa.git" in messages(merged)


def test_the_worse_outcome_counts_of_a_scenario_that_ran_twice(tmp_path: Path) -> None:
    for order in ((Outcome.PASSED, Outcome.FAILED), (Outcome.FAILED, Outcome.PASSED)):
        run = split_run(tmp_path, *[Outcome.PASSED])
        for shard, outcome in enumerate(order, start=1):
            run.outcomes, run.shard_of = {"a.yaml": outcome}, {"a.yaml": shard}
            run.finish(shard)
        tally = told(run.merge())
        assert tally.results["a.yaml"].outcome is Outcome.FAILED
        assert tally.exit_code == 1


def test_a_journal_and_its_container_must_agree(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, shards=0)
    run.finish(0)
    assert run.merge().exit_code == 0
    run.attempts = [replace(run.attempts[0], exit_code=137, reason="OOMKilled")]
    merged = run.merge()
    assert (merged.exit_code, reasons(merged)) == (3, ["OOMKilled"])
    assert "it ended with exit code 137 (OOMKilled), and its journal says" in messages(merged)


def test_a_run_that_is_not_split_keeps_its_journal_as_it_is(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.FAILED, shards=0)
    run.finish(0)
    merged = run.merge()
    own = [*read_journal(journal_of(run.events(0), shard=0), name="x")]
    assert [*merged.records()] == own
    late = TroubleFound(reason="Unschedulable", where="pod qa/p0", message="no node had room")
    with_trouble = [*run.merge(troubles=[late]).records()]
    assert [one.event for one in with_trouble] == [
        *(one.event for one in own[:-1]),
        replace(late, overcome=True),
        own[-1].event,
    ]
    assert [one.seq for one in with_trouble] == [*range(len(own) + 1)]


@pytest.mark.parametrize("shards", [0, 3])
def test_a_run_of_which_nothing_is_left(tmp_path: Path, shards: int) -> None:
    merged = merge([], run=RUN, shards=shards)
    tally = told(merged)
    assert (merged.exit_code, tally.exit_code, len(tally.planned)) == (3, 3, 0)
    assert len(tally.troubles) == max(1, shards)
    assert merge([Attempt(name="pod a", shard=7)], run=RUN, shards=shards).exit_code == 3
    assert tmp_path.exists()


def test_iterations_are_added_and_percentiles_are_not(tmp_path: Path) -> None:
    run = split_run(tmp_path, Outcome.PASSED, Outcome.PASSED)
    latency = Latency(steps=9, p50_ms=1.0, p90_ms=2.0, p95_ms=3.0, p99_ms=4.0, max_ms=5.0)
    counts = Iterations(total=10, passed=8, failed=1, errors=1, latency=latency)
    for shard in (1, 2):
        *events, _ = run.events(shard)
        limit = LimitChecked(name="p95_ms", limit=4, actual=3.0, outcome=Outcome.PASSED)
        end = RunFinished(exit_code=0, elapsed_ms=1.0, iterations=counts)
        run.finish(shard, events=[*events, limit, end])
    tally = told(run.merge())
    assert tally.finished is not None
    assert tally.finished.iterations == Iterations(total=20, passed=16, failed=2, errors=2)
    assert [limit.name for limit in tally.limits] == ["p95_ms of shard 1", "p95_ms of shard 2"]
    ends = [part.finished for part in tally.parts.values()]
    assert [end and end.iterations for end in ends] == [counts, counts]


@pytest.mark.parametrize(("fetched", "verdict"), [(3, 3), (4, 4)])
def test_a_run_whose_scenarios_could_not_be_fetched_is_no_pass(fetched: int, verdict: int) -> None:
    attempt = Attempt(name="pod a", shard=0, fetch_exit_code=fetched)
    merged = merge([attempt], run=RUN, shards=0, troubles=[])
    assert (merged.exit_code, reasons(merged)) == (verdict, ["NotFetched"])
