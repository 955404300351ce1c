"""Shards: always a partition, the same on every machine."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.engine import Shard

IDS = st.lists(st.text(max_size=12), unique=True, max_size=40)
COUNTS = st.integers(min_value=1, max_value=12)
DURATIONS = st.dictionaries(st.text(max_size=12), st.floats(0, 1e6), max_size=40)


def parts(ids: list[str], count: int, durations: dict[str, float]) -> list[set[str]]:
    return [Shard(index=index, count=count).choose(ids, durations) for index in range(1, count + 1)]


@given(IDS, COUNTS, DURATIONS, st.data())
def test_every_scenario_is_in_exactly_one_shard(
    ids: list[str], count: int, durations: dict[str, float], data: st.DataObject
) -> None:
    """Some durations are of scenarios that are gone, some scenarios have none."""
    durations |= {one: data.draw(st.floats(0, 1e6)) for one in ids[::2]}
    for known in ({}, durations):
        found = parts(ids, count, known)
        assert sum(len(part) for part in found) == len(ids)
        assert set().union(*found) == set(ids)


@given(IDS, COUNTS, DURATIONS, st.randoms())
def test_the_order_of_the_plan_does_not_matter(
    ids: list[str], count: int, durations: dict[str, float], rng: object
) -> None:
    shuffled = list(ids)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    assert parts(ids, count, durations) == parts(shuffled, count, durations)


@given(st.lists(st.floats(1, 100), min_size=1, max_size=40), COUNTS)
def test_no_shard_is_much_longer_than_it_must_be(times: list[float], count: int) -> None:
    durations = {str(number): time for number, time in enumerate(times)}
    loads = [
        sum(durations[one] for one in part) for part in parts(list(durations), count, durations)
    ]
    # List scheduling: never above the average plus one scenario.
    assert max(loads) <= sum(times) / count + max(times) + 1e-6


def test_the_longest_come_first_and_the_unknown_count_as_the_median() -> None:
    durations = {"long": 10.0, "mid": 4.0, "short": 1.0}
    ids = ["long", "mid", "short", "new", "newer"]
    assert parts(ids, 2, durations) == [{"long", "short"}, {"mid", "new", "newer"}]


def test_scenarios_that_take_no_time_are_spread_as_well() -> None:
    ids = [str(number) for number in range(9)]
    assert [len(part) for part in parts(ids, 3, dict.fromkeys(ids, 0.0))] == [3, 3, 3]


def test_a_scenario_stays_in_its_shard_when_others_come_and_go() -> None:
    ids = [f"scenarios/s{number}.yaml" for number in range(50)]
    whole = parts(ids, 4, {})
    assert [part & set(ids[::3]) for part in whole] == parts(ids[::3], 4, {})
    assert all(5 < len(part) < 20 for part in whole)


def test_every_process_splits_in_the_same_way() -> None:
    """PYTHONHASHSEED differs from machine to machine."""
    code = (
        "from agentrig.engine import Shard; "
        "print(sorted(Shard(index=2, count=3).choose([str(n) for n in range(30)], {})))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    ("text", "environment", "index", "count"),
    [
        ("1/1", {}, 1, 1),
        (" 2/4 ", {}, 2, 4),
        ("/4", {"JOB_COMPLETION_INDEX": "0"}, 1, 4),
        ("/4", {"JOB_COMPLETION_INDEX": "3"}, 4, 4),
        ("2/4", {"JOB_COMPLETION_INDEX": "0"}, 2, 4),
    ],
)
def test_shards_are_read(text: str, environment: dict[str, str], index: int, count: int) -> None:
    assert Shard.parse(text, environment) == Shard(index=index, count=count)


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("", {}, "write I/N, such as 2/4"),
        ("2", {}, "write I/N, such as 2/4"),
        ("a/b", {}, "write I/N, such as 2/4"),
        ("0/4", {}, "there is no number 0 of 4: the first is 1/4"),
        ("5/4", {}, "there is no number 5 of 4"),
        ("1/0", {}, "there is no number 1 of 0"),
        ("/4", {}, "'/4' needs JOB_COMPLETION_INDEX, from 0, in the environment"),
        ("/4", {"JOB_COMPLETION_INDEX": "4"}, "there is no number 5 of 4"),
    ],
)
def test_what_is_no_shard_is_told(text: str, environment: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Shard.parse(text, environment)
