from __future__ import annotations

import inspect
import re

import pytest

from agentrig import errors
from agentrig.errors import AgentrigError, Mistake, Position, ScenarioError, words_of

CLASSES = [
    one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, AgentrigError)
]


def test_the_class_decides_the_exit_code() -> None:
    assert {one.__name__: one.exit_code for one in CLASSES} == {
        "AgentrigError": 3,
        "UsageError": 4,
        "ScenarioError": 4,
        "InfraError": 3,
        "TargetError": 3,
        "FetchError": 3,
        "ClusterError": 3,
        "SearchError": 3,
        "StoreError": 3,
        "NotStoredError": 3,
        "ReportError": 3,
    }


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in str(errors.__doc__).splitlines():
        if found := re.search(r"[A-Z][A-Za-z]+Error", line):
            depth = found.start()
            above[depth] = found[0]
            drawn[found[0]] = above.get(depth - 4, "Exception")
    assert drawn == {one.__name__: one.__bases__[0].__name__ for one in CLASSES}


@pytest.mark.parametrize("count", [1, 3])
def test_a_scenario_error_holds_and_names_all_mistakes(count: int) -> None:
    mistakes = tuple(
        Mistake(
            message=f"wrong {number}",
            at=Position(path="a.yaml", line=number, column=2, length=1, text="x"),
        )
        for number in range(count)
    )
    error = ScenarioError(mistakes)
    assert error.mistakes == mistakes
    assert str(error) == "; ".join(f"a.yaml:{number}:2: wrong {number}" for number in range(count))


def test_an_error_that_has_no_words_is_told_all_the_same() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise self

    assert words_of(ValueError("no such order")) == "no such order"
    assert words_of(MuteError()) == "<exception str() failed>"
