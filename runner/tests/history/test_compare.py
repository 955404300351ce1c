"""Two runs side by side: what is told, how it is told, and what it exits with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.history import (
    Limits,
    compare,
    comparison_json,
    comparison_markdown,
    comparison_text,
    condense_records,
)
from tests.support.golden import check_golden
from tests.support.past import past_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.history import Comparison, Run

GOLDEN = Path(__file__).with_name("golden")
ROWS = st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from("pkfesin"), min_size=1)
NONE = Limits()


def run_of(number: int, outcomes: Mapping[str, str], **more: object) -> Run:
    records = past_run(number, outcomes, **more)  # type: ignore[arg-type]  # past_run checks them
    return condense_records(records, place=f"run {number}")


def ids(changes: Sequence[object]) -> str:
    return "".join(getattr(one, "scenario") for one in changes)  # noqa: B009  # several kinds


def of(before: Mapping[str, str], after: Mapping[str, str]) -> Comparison:
    return compare(run_of(1, before), run_of(2, after), NONE)


def test_each_change_has_its_name() -> None:
    found = of(
        {"a": "p", "b": "f", "c": "f", "d": "p", "e": "p", "f": "e", "h": "p", "i": "f", "j": "e"},
        {"a": "f", "b": "f", "c": "p", "d": "k", "f": "f", "h": "n", "i": "e", "j": "e"}
        | {"k": "p", "l": "f"},
    )
    assert ids(found.newly_failing) == "afl"
    assert ids(found.still_failing) == "b"
    assert ids(found.fixed) == "c"
    assert ids(found.flaky) == "d"
    assert ids(found.removed) == "e"
    assert sorted(ids(found.lost)) == ["h", "i"]
    assert ids(found.added) == "kl"
    assert found.exit_code == 1


def test_what_has_no_verdict_any_more_is_no_pass() -> None:
    assert of({"a": "p"}, {"a": "e"}).exit_code == 3
    assert of({"a": "p"}, {"a": "n"}).exit_code == 3
    assert of({"a": "f"}, {"a": "i"}).exit_code == 3
    assert of({"a": "p", "b": "p"}, {"a": "e", "b": "f"}).exit_code == 1
    assert of({"a": "e"}, {"a": "e"}).exit_code == 0, "it had none before either"
    assert of({"a": "p"}, {"a": "s"}).exit_code == 0, "somebody decided so"
    assert of({"a": "p", "b": "p"}, {"a": "p"}).exit_code == 0, "it was not asked for"


@given(ROWS)
def test_a_run_does_not_differ_from_itself(row: dict[str, str]) -> None:
    run = run_of(1, row)
    found = compare(run, run, Limits(slowdown=0.0, metric_drop=0.0))
    assert found.exit_code == 0
    different = (found.newly_failing, found.fixed, found.lost, found.added, found.removed)
    assert different == ((),) * 5
    assert (found.slower, found.faster, found.metrics) == ((),) * 3


@given(ROWS, ROWS)
def test_the_other_way_round_is_the_opposite(one: dict[str, str], other: dict[str, str]) -> None:
    there, back = of(one, other), of(other, one)
    assert sorted(ids(there.added)) == sorted(ids(back.removed))
    assert sorted(ids(there.still_failing)) == sorted(ids(back.still_failing))
    passed = {name for name, letter in one.items() if letter in "pk"}
    broke = {name for name in ids(there.newly_failing) if name in passed}
    assert broke == set(ids(back.fixed))


@given(ROWS, ROWS)
def test_it_exits_with_1_for_what_newly_fails_alone(
    one: dict[str, str], other: dict[str, str]
) -> None:
    broke = {name for name, letter in other.items() if letter == "f" and one.get(name) != "f"}
    found = of(one, other)
    assert set(ids(found.newly_failing)) == broke
    assert (found.exit_code == 1) == bool(broke)


@pytest.mark.parametrize(
    ("before", "after", "listed", "limit", "code"),
    [
        (100, 160, True, None, 0),
        (100, 160, True, 0.5, 1),
        (100, 149, False, 0.1, 0),  # within the noise, whatever the limit
        (1000, 1200, False, None, 0),
        (1000, 1200, True, 0.1, 1),
        (1000, 1250, False, 0.25, 0),  # as much as it may
        (1000, 1251, True, 0.25, 1),
        (1000, 700, True, 0.1, 0),
        (0, 60, True, 0.5, 1),
    ],
)
def test_times_change_by_thresholds(
    before: float,
    after: float,
    listed: bool,  # noqa: FBT001  # a table
    limit: float | None,
    code: int,
) -> None:
    found = compare(
        run_of(1, {"a": "p", "b": "f"}, times={"a": before, "b": 1.0}),
        run_of(2, {"a": "p", "b": "f"}, times={"a": after, "b": 9999.0}),
        Limits(slowdown=limit),
    )
    assert ids([*found.slower, *found.faster]) == "a" * listed
    assert found.exit_code == code


@pytest.mark.parametrize(
    ("before", "after", "limit", "listed", "code"),
    [
        (0.8, 0.7, None, False, 0),
        (0.8, 0.5, None, True, 0),
        (0.8, 0.7, 0.1, True, 1),
        (0.8, 0.75, 0.1, False, 0),
        (0.5, 0.9, 0.1, True, 0),
        (0.0, 0.1, 0.1, True, 0),
        (-1.0, -1.5, 0.1, True, 1),
    ],
)
def test_scores_fall_by_thresholds(
    before: float,
    after: float,
    limit: float | None,
    listed: bool,  # noqa: FBT001  # a table
    code: int,
) -> None:
    found = compare(
        run_of(1, {"a": "p"}, scores={"a": before}),
        run_of(2, {"a": "p"}, scores={"a": after}),
        Limits(metric_drop=limit),
    )
    assert (ids(found.metrics), found.exit_code) == ("a" * listed, code)


def everything() -> Comparison:
    """Give a comparison with a line of each kind, and names that mean to be markup."""
    hostile = "s/`x`|@you<b>.yaml"
    before = {
        "s/broke.yaml": "p",
        "s/still.yaml": "f",
        "s/fixed.yaml": "f",
        "s/lost.yaml": "p",
        "s/slow.yaml": "p",
        "s/fast.yaml": "p",
        "s/gone.yaml": "p",
        hostile: "p",
    }
    after = {
        "s/broke.yaml": "f",
        "s/still.yaml": "f",
        "s/fixed.yaml": "p",
        "s/lost.yaml": "e",
        "s/slow.yaml": "p",
        "s/fast.yaml": "p",
        "s/new.yaml": "k",
        hostile: "f",
    }
    return compare(
        run_of(
            1,
            before,
            commit="0123456789abcdef",
            labels=[("environment", "staging")],
            times={"s/slow.yaml": 1000, "s/fast.yaml": 900},
            scores={"s/slow.yaml": 0.9},
        ),
        run_of(
            2,
            after,
            times={"s/slow.yaml": 2000, "s/fast.yaml": 300},
            scores={"s/slow.yaml": 0.5},
        ),
        Limits(slowdown=0.5),
    )


def test_text() -> None:
    check_golden(GOLDEN / "compare.txt", comparison_text(everything(), colour=False))
    coloured = comparison_text(everything(), colour=True)
    assert "\x1b[31m" in coloured


def test_markdown() -> None:
    text = comparison_markdown(everything())
    check_golden(GOLDEN / "compare.md", text)
    assert "``s/`x`\\|@you<b>.yaml``" in text


def test_json_has_all() -> None:
    found = everything()
    content = json.loads(comparison_json(found))
    assert content["exit_code"] == 1
    assert content["before"]["commit"] == "0123456789abcdef"
    assert [one["scenario"] for one in content["slower"]] == ["s/slow.yaml"]
    assert content["slower"][0]["is_beyond"] is True
    assert content["metrics"][0]["after"] == 0.5
    assert content["added"] == [
        {
            "scenario": "s/new.yaml",
            "name": "The scenario s/new.yaml",
            "before": None,
            "after": "passed",
            "message": None,
        }
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    names = [f"s{number:03}" for number in range(100)]
    found = of(dict.fromkeys(names, "p"), dict.fromkeys(names, "f"))
    for text in (comparison_text(found, colour=False), comparison_markdown(found)):
        assert "(100)" in text
        assert "and 70 more" in text
        assert "s029" in text
        assert "s030" not in text
    assert len(json.loads(comparison_json(found))["newly_failing"]) == 100
