"""Where a run stands: what is counted as records come is what there is to count."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agentrig.events import Language, Outcome, Planned, Record, RunStarted, ScenarioFinished
from agentrig.reporters import Tally

IDS = tuple("abcdef")
finished = st.builds(
    ScenarioFinished,
    # One of them is not in the plan.
    scenario=st.sampled_from((*IDS, "unplanned")),
    outcome=st.sampled_from(Outcome),
    elapsed_ms=st.just(1.0),
    flaky=st.booleans(),
)
# A merged run has records of its shards among its own, and may have two of one scenario.
told = st.lists(st.tuples(st.integers(1, 2), finished))


def record(event: RunStarted | ScenarioFinished, *, shard: int, seq: int = 0) -> Record:
    return Record(
        run="r", shard=shard, attempt=1, seq=seq, time="2026-11-21T00:00:00.000Z", event=event
    )


def start(*, shards: int = 1) -> RunStarted:
    planned = tuple(
        Planned(id=one, name=one, path=f"{one}.yaml", line=1, language=Language.YAML) for one in IDS
    )
    return RunStarted(
        planned=planned,
        agentrig_version="0",
        python_version="3",
        via="dns",
        namespace="demo",
        shards=shards,
    )


@given(told)
def test_what_is_counted_is_what_there_is(told: list[tuple[int, ScenarioFinished]]) -> None:
    tally = Tally()
    tally.receive(record(start(shards=2), shard=0))
    for shard in (1, 2):
        tally.receive(record(start(shards=2), shard=shard))
    for seq, (shard, event) in enumerate(told):
        tally.receive(record(event, shard=shard, seq=seq))
        results = tally.results.values()
        expected = Counter(one.outcome for one in results)
        expected[Outcome.NOT_RUN] += len(tally.missing)
        assert tally.counts == {outcome: count for outcome, count in expected.items() if count}
        bad = {one.scenario for one in results if one.outcome in {Outcome.FAILED, Outcome.ERROR}}
        assert {name: tally.results[name] for name in bad} == tally.bad
        assert set(tally.flaky) == {one.scenario for one in results if one.flaky}


@given(told)
def test_a_run_of_one_shard_counts_alike(told: list[tuple[int, ScenarioFinished]]) -> None:
    tally = Tally()
    tally.receive(record(start(), shard=0))
    for seq, (_, event) in enumerate(told):
        tally.receive(record(event, shard=0, seq=seq))
    last = {event.scenario: event for _, event in told}
    assert tally.results == last
    bad = {Outcome.FAILED, Outcome.ERROR}
    assert tally.bad == {name: one for name, one in last.items() if one.outcome in bad}
    assert set(tally.flaky) == {name for name, one in last.items() if one.flaky}
    expected = Counter(event.outcome for event in last.values())
    expected[Outcome.NOT_RUN] += sum(one not in last for one in IDS)
    assert tally.counts == {outcome: count for outcome, count in expected.items() if count}
