"""Trends of runs that are known, and what holds of any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.history import condense_records, trends
from agentrig.history._trends import RECENT_RUNS, percentile
from tests.support.past import BEGIN, past_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.history import Trends


def trends_of(rows: Mapping[str, str], commits: Sequence[str | None] | None = None) -> Trends:
    """Give trends of scenarios by their letters in all runs; `.` is one that was not planned."""
    count = max(map(len, rows.values()))
    return trends(
        condense_records(
            past_run(
                number,
                {one: row[number] for one, row in rows.items() if row[number] != "."},
                commit=commits[number] if commits else f"c{number}",
            ),
            place=f"run {number}",
        )
        for number in range(count)
    )


def ids(scenarios: Sequence[object]) -> list[str]:
    return [getattr(one, "id") for one in scenarios]  # noqa: B009  # rows of several kinds


def test_newly_failing_names_the_first_bad_run_and_the_last_good_one() -> None:
    found = trends_of({"a": "pppff", "b": "ppeef", "c": "fffff", "d": "ppppp", "e": "ppff."})
    assert ids(found.newly_failing()) == ["b", "a", "e"]
    assert ids(found.failing()) == ["b", "a", "e", "c"]
    b, a, _ = found.newly_failing()
    assert [
        (found.runs[one.since or 0].commit, found.runs[one.before or 0].commit) for one in (a, b)
    ] == [
        ("c3", "c2"),
        ("c4", "c1"),
    ]
    assert a.message == "[Ask] expected status 200, got 504"
    day_ms = 24 * 3600 * 1000
    assert found.runs[a.since or 0].begin_ms == BEGIN.timestamp() * 1000 + 3 * day_ms


def test_newly_fixed_is_of_lately() -> None:
    later = "p" * RECENT_RUNS
    found = trends_of({"a": f"pf{later}", "b": f"ff{later}", "c": f"fp{later}", "d": f"pp{later}"})
    assert ids(found.newly_fixed()) == ["a", "b"]
    assert found.runs[found.newly_fixed()[0].since or 0].commit == "c2"


def test_the_flakiest_contradict_themselves_most_often() -> None:
    commits = ["x", "x", "x", "x", "y", "y", "y", None]
    found = trends_of({"a": "pfpfpppp", "b": "pppppppk", "c": "ppppffff", "d": "pppppppf"}, commits)
    assert ids(found.flakiest()) == ["a", "b"]
    a, b = (one.flakiness for one in found.flakiest())
    assert (a.flips, a.retried, a.changes, a.rate) == (3, 0, 4, 3 / 8)
    assert (b.flips, b.retried) == (0, 1)


def test_runs_against_other_environments_do_not_contradict() -> None:
    def run(number: int, letter: str, environment: str) -> object:
        return condense_records(
            past_run(
                number,
                {"a": letter},
                commit="x",
                labels=[("environment", environment), ("build", str(number))],
            ),
            place="here",
        )

    places = ["staging", "production", "staging", "production"]
    runs = [run(number, "pfpf"[number], place) for number, place in enumerate(places)]
    found = trends(runs)  # type: ignore[arg-type]  # kept short above
    assert found.flakiest() == []
    assert found.mixed() == {"environment": ["production", "staging"]}
    again = trends([*runs, run(4, "f", "staging")])  # type: ignore[list-item]  # kept short above
    assert ids(again.flakiest()) == ["a"]


def test_never_run_lately() -> None:
    count = RECENT_RUNS + 1
    rows = {"a": "p" * count, "b": "p" + "." * RECENT_RUNS, "c": "p" + "s" * RECENT_RUNS}
    found = trends_of(rows)
    assert ids(found.never_run_lately()) == ["b", "c"]
    assert trends_of({one: row[:-1] for one, row in rows.items()}).never_run_lately() == []


def test_slow_is_what_is_slow_lately() -> None:
    times = [900.0] * 5 + [100.0] * RECENT_RUNS
    runs = (
        condense_records(past_run(number, {"a": "p"}, times={"a": time}), place="here")
        for number, time in enumerate(times)
    )
    assert [median for _, median in trends(runs).slowest()] == [100.0]


def test_times_metrics_and_rates() -> None:
    runs = [
        condense_records(
            past_run(
                number,
                {"a": "p", "b": "f" if number else "p", "c": "e"},
                times={"a": 100.0 * (number + 1), "b": 50.0, "c": 9.0},
                scores={"a": 0.5 + number / 10},
            ),
            place="here",
        )
        for number in range(3)
    ]
    found = trends(runs)
    assert [(one.id, median) for one, median in found.slowest()] == [("a", 200.0), ("b", 50.0)]
    assert [run.pass_rate for run in found.runs] == [1.0, 0.5, 0.5]
    assert [(run.p50_ms, run.p95_ms) for run in found.runs] == [(50, 100), (50, 200), (50, 300)]
    scenario = found.scenarios[0]
    assert scenario.metrics["faithfulness"].values.tolist() == [0.5, 0.6, 0.7]
    assert found.scenarios[2].pass_rate is None
    assert scenario.name == "The scenario a"
    assert scenario.agent == "support"


ROWS = st.dictionaries(
    st.sampled_from("abcd"), st.text("pkfesin.", min_size=6, max_size=6), min_size=1
)


@given(ROWS)
def test_every_result_is_in_exactly_one_place(rows: dict[str, str]) -> None:
    found = trends_of(rows)
    assert {one.id: one.codes for one in found.scenarios} == {
        name: row.replace(".", "") for name, row in rows.items() if row.strip(".")
    }
    for place, run in enumerate(found.runs):
        column = "".join(row[place] for row in rows.values()).replace(".", "")
        assert sum(run.letters.values()) == len(column)
    for one in found.scenarios:
        assert len(one.runs) == len(one.codes) == len(one.elapsed_ms)
        assert list(one.runs) == sorted(one.runs)
    failing, fixed = set(ids(found.failing())), set(ids(found.newly_fixed()))
    assert failing & fixed == set()


@given(ROWS)
def test_a_run_in_which_all_pass_leaves_nothing_failing(rows: dict[str, str]) -> None:
    assert trends_of({name: f"{row}p" for name, row in rows.items()}).failing() == []


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(0, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(one <= found for one in values) >= len(values) * percent / 100


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2), (75, 3), (95, 4), (100, 4)])
def test_percentiles_are_of_the_nearest_rank(percent: int, value: int) -> None:
    assert percentile([4, 1, 3, 2], percent) == value
