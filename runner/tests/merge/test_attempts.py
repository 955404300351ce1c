"""Several attempts at one shard as one: each scenario once, by the latest verdict on it."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.events import (
    Outcome,
    RunFinished,
    ScenarioFinished,
)
from agentrig.merge import Attempt, Merged, merge
from agentrig.reporters import SummaryReporter
from agentrig.resume import VERDICTS
from agentrig.stream import replay
from tests.support.attempts import RUN, attempt_at, finished, kept_of, plan_of, told_by
from tests.support.shards import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.events import Event
    from agentrig.resume import Kept

YEAR_MS = 365 * 24 * 3_600_000
PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR
INTERRUPTED, NOT_RUN, SKIPPED = Outcome.INTERRUPTED, Outcome.NOT_RUN, Outcome.SKIPPED
NAMES = ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
START = plan_of(NAMES, store="s3://results/qa", shards=2, total=4, places=(0, 1, 2, 3))
OTHER = plan_of([], store="s3://results/qa", shards=2, total=4)


def journal(
    attempt: int,
    outcomes: Mapping[str, Outcome],
    *,
    code: int | None = None,
    kept: Kept | None = None,
    begin_ms: int | None = None,
    store: str | None = "s3://results/qa",
) -> bytes:
    """Write the journal of an attempt at shard 1; it was killed if it has no `code`."""
    events: list[Event] = [*told_by(outcomes), *([] if code is None else [finished(code)])]
    return attempt_at(
        replace(START, store=store),
        events,
        attempt=attempt,
        kept=kept,
        shard=1,
        begin_ms=begin_ms,
    )


def merged_of(folder: Path, journals: Sequence[bytes]) -> Merged:
    """Merge attempts at shard 1, in this order, beside a shard that had nothing to do."""
    attempts = []
    for number, content in enumerate(journals):
        file = folder / f"{number}.jsonl"
        file.write_bytes(content)
        attempts.append(Attempt(name=file.name, shard=1, log=file))
    empty = folder / "other.jsonl"
    empty.write_bytes(attempt_at(OTHER, [finished()], attempt=1, shard=2))
    return merge([*attempts, Attempt(name="other", shard=2, log=empty)], run=RUN, shards=2)


def outcomes_of(merged: Merged) -> dict[str, Outcome]:
    return {name: one.outcome for name, one in told(merged).results.items()}


def unsettled(merged: Merged) -> list[str]:
    return [one.where for one in merged.troubles if not one.overcome]


def test_an_attempt_that_went_on_tells_of_the_whole(tmp_path: Path) -> None:
    first = journal(1, {"a.yaml": PASSED, "b.yaml": SKIPPED})
    kept = kept_of({1: first}, START, shard=1)
    second = journal(2, {"c.yaml": PASSED, "d.yaml": PASSED}, code=0, kept=kept)
    merged = merged_of(tmp_path, [first, second])
    assert (merged.exit_code, unsettled(merged)) == (0, [])
    tally = told(merged)
    assert outcomes_of(merged) == dict(zip(NAMES, [PASSED, SKIPPED, PASSED, PASSED], strict=True))
    assert (tally.kept, tally.parts[1].attempt) == ({"a.yaml": 1, "b.yaml": 1}, 2)
    before = outcomes_of(merged)
    # The first one is gone from the node, or was never stored: nothing is missing.
    assert outcomes_of(merged_of(tmp_path, [second])) == before


def test_a_journal_tells_how_its_attempt_ended_where_nobody_else_does(tmp_path: Path) -> None:
    outcomes = dict.fromkeys(NAMES, PASSED)
    killed, again, last = (
        journal(at, outcomes, code=code) for at, code in [(1, None), (2, 2), (3, 0)]
    )
    merged = merged_of(tmp_path, [killed, again, last])
    assert [one.message for one in merged.troubles] == [
        "attempt 1 of 3: nobody knows how it ended; shard 1/2 was run again",
        "attempt 2 of 3: it ended with exit code 2; shard 1/2 was run again",
    ]


def test_two_killed_attempts_complete_each_other(tmp_path: Path) -> None:
    first = journal(1, {"a.yaml": PASSED, "b.yaml": FAILED})
    second = journal(2, {"b.yaml": PASSED, "c.yaml": PASSED})
    merged = merged_of(tmp_path, [first, second])
    assert outcomes_of(merged) == {"a.yaml": PASSED, "b.yaml": PASSED, "c.yaml": PASSED}
    assert told(merged).missing == ["d.yaml"]
    assert (merged.exit_code, unsettled(merged)) == (3, ["1.jsonl"])
    before = outcomes_of(merged)
    # In the other order of their files nothing is otherwise: a store has numbered them.
    assert outcomes_of(merged_of(tmp_path, [second, first])) == before


def test_what_no_store_has_numbered_is_ordered_as_it_comes(tmp_path: Path) -> None:
    """Each of two pods takes its attempt for the first one; whoever lists them knows better."""
    one = journal(1, {"a.yaml": PASSED, "b.yaml": FAILED}, store=None)
    other = journal(1, {"b.yaml": PASSED}, store=None)
    assert outcomes_of(merged_of(tmp_path, [one, other]))["b.yaml"] is PASSED
    assert outcomes_of(merged_of(tmp_path, [other, one]))["b.yaml"] is FAILED
    # Restarted in place, the first one has counted to 2.
    restarted = journal(2, {"b.yaml": FAILED}, store=None)
    assert outcomes_of(merged_of(tmp_path, [restarted, other]))["b.yaml"] is PASSED


def test_of_two_that_race_none_counts_twice(tmp_path: Path) -> None:
    """A node that was taken for lost goes on, while the pod that replaces it does the same."""
    whole = dict.fromkeys(NAMES, PASSED)
    first, second = journal(1, whole, code=0), journal(2, {**whole, "a.yaml": FAILED}, code=1)
    for order in ([first, second], [second, first]):
        merged = merged_of(tmp_path, order)
        ends = [one.event for one in merged.records() if isinstance(one.event, ScenarioFinished)]
        assert sorted(end.scenario for end in ends) == NAMES
        assert (merged.exit_code, outcomes_of(merged)["a.yaml"]) == (1, FAILED)
        assert told(merged).parts[1].attempt == 2


def test_the_older_of_two_that_race_may_be_the_one_that_ends(tmp_path: Path) -> None:
    first = journal(1, dict.fromkeys(NAMES, PASSED), code=0)
    second = journal(2, {"a.yaml": PASSED, "b.yaml": INTERRUPTED})
    merged = merged_of(tmp_path, [first, second])
    assert (merged.exit_code, unsettled(merged)) == (0, [])
    assert outcomes_of(merged) == dict.fromkeys(NAMES, PASSED)
    assert told(merged).parts[1].finished == finished()


def test_a_later_failure_of_a_killed_attempt_is_a_failure(tmp_path: Path) -> None:
    first = journal(1, dict.fromkeys(NAMES, PASSED), code=0)
    second = journal(2, {"a.yaml": FAILED})
    merged = merged_of(tmp_path, [first, second])
    assert (merged.exit_code, outcomes_of(merged)["a.yaml"]) == (1, FAILED)
    [end] = [
        one.event
        for one in merged.records()
        if isinstance(one.event, RunFinished) and one.shard == 1
    ]
    assert end.exit_code == 1


def test_what_was_interrupted_and_is_found_elsewhere_has_passed(tmp_path: Path) -> None:
    first = journal(1, dict.fromkeys(NAMES[2:], PASSED))
    cut = {**dict.fromkeys(NAMES[:2], PASSED), "c.yaml": INTERRUPTED, "d.yaml": NOT_RUN}
    merged = merged_of(tmp_path, [first, journal(2, cut, code=2)])
    assert (merged.exit_code, outcomes_of(merged)) == (0, dict.fromkeys(NAMES, PASSED))
    # But an interruption that has left anything open stays one.
    first = journal(1, {"c.yaml": PASSED})
    merged = merged_of(tmp_path, [first, journal(2, cut, code=2)])
    assert (merged.exit_code, outcomes_of(merged)["d.yaml"]) == (2, NOT_RUN)


def test_attempts_at_something_else_are_not_mixed(tmp_path: Path) -> None:
    first = attempt_at(
        replace(START, commit="f" * 40), told_by({"a.yaml": FAILED}), attempt=1, shard=1
    )
    merged = merged_of(tmp_path, [first, journal(2, {"b.yaml": PASSED})])
    assert outcomes_of(merged) == {"b.yaml": PASSED}


@pytest.mark.parametrize("begin_ms", [0, 4_000_000_000_000])
def test_clocks_that_disagree_break_nothing(tmp_path: Path, begin_ms: int) -> None:
    """The node of the second attempt is decades behind or ahead, and is the later one."""
    first = journal(1, {"a.yaml": PASSED, "b.yaml": FAILED})
    kept = kept_of({1: first[: first.index(b'b.yaml"}')]}, START, shard=1)
    second = journal(2, {"c.yaml": PASSED, "b.yaml": PASSED}, kept=kept, begin_ms=begin_ms)
    merged = merged_of(tmp_path, [first, second])
    assert outcomes_of(merged) == {"a.yaml": PASSED, "b.yaml": PASSED, "c.yaml": PASSED}
    *_, last = merged.records()
    assert isinstance(last.event, RunFinished)
    times = [dt.datetime.fromisoformat(one.time) for one in merged.records() if one.shard]
    assert last.event.elapsed_ms == (max(times) - min(times)) / dt.timedelta(milliseconds=1)
    assert last.event.elapsed_ms > 20 * YEAR_MS
    file = tmp_path / "summary.json"
    replay(merged.records(), [SummaryReporter(file)])
    tally = told(merged)
    assert tally.begin <= tally.end


@settings(max_examples=200)
@given(data=st.data())
def test_whatever_attempts_leave_each_scenario_counts_once(data: st.DataObject) -> None:
    """Each goes on from those that it could see, and is cut anywhere; they may overlap."""
    every = st.sampled_from([*Outcome])
    journals: dict[int, bytes] = {}
    for attempt in range(1, data.draw(st.integers(1, 4)) + 1):
        seen = {one: content for one, content in journals.items() if data.draw(st.booleans())}
        kept = kept_of(seen, START, shard=1) if seen else None
        left = [name for name in NAMES if kept is None or name not in kept.verdicts]
        outcomes = {name: data.draw(every) for name in left}
        content = journal(attempt, outcomes, kept=kept, code=code_of(outcomes, kept))
        cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
        journals[attempt] = content[:cut]
    verdicts = latest([*journals.values()])
    with tempfile.TemporaryDirectory() as folder:
        order = data.draw(st.permutations([*journals.values()]))
        merged = merged_of(Path(folder), order)
        ends = [
            one.event.scenario
            for one in merged.records()
            if isinstance(one.event, ScenarioFinished)
        ]
        tally = told(merged)
        assert len(ends) == len({*ends})
        found_outcomes = {name: one.outcome for name, one in tally.results.items()}
        for name, outcome in verdicts.items():
            assert found_outcomes[name] is outcome
        assert {*tally.planned} == {*tally.results} | {*tally.missing}
        assert merged.exit_code == tally.exit_code
        if FAILED in verdicts.values():
            assert merged.exit_code == 1
        if merged.exit_code == 0:
            assert {*verdicts} == {*NAMES}


def code_of(outcomes: Mapping[str, Outcome], kept: Kept | None) -> int:
    """Give the exit code that a runner ends with."""
    before = kept.verdicts.values() if kept else ()
    ended = {*outcomes.values(), *(one.outcome for one in before)}
    codes = {FAILED: 1, ERROR: 3, INTERRUPTED: 2, NOT_RUN: 2}
    return next((code for outcome, code in codes.items() if outcome in ended), 0)


def latest(journals: Sequence[bytes]) -> dict[str, Outcome]:
    """Give the latest verdicts, by looking at the lines alone."""
    found: dict[str, tuple[int, Outcome]] = {}
    for line in b"\n".join(journals).split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record["kind"] == "scenario.finished" and record["event"]["outcome"] in VERDICTS:
            verdict = record["attempt"], Outcome(record["event"]["outcome"])
            name = record["event"]["scenario"]
            found[name] = max(found.get(name, verdict), verdict, key=lambda one: one[0])
    return {name: outcome for name, (_, outcome) in found.items()}
