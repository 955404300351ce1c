"""What holds of matchers whatever the values are."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentrig.checks import CannotMatchError, Matchers
from agentrig.checks._diff import difference
from agentrig.checks._values import json_equal, json_key
from tests.support.judged import Judged

# Few values, so that equal ones are found; all that Python takes for equal and JSON does not.
SCALARS = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 0.0, -0.0, "", "a", "1", 9007199254740993, 9007199254740992.0]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)
MATCHERS = st.recursive(
    st.sampled_from(
        [
            *({"equals": 1}, {"equals": "a"}, {"gt": 0}, {"le": 0}, {"type": "string"}),
            *({"empty": True}, {"exists": True}, {"contains": "a"}),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: {"not": one}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"any": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"all": some}),
    ),
    max_leaves=5,
)


def canonical(value: Any) -> Any:
    """Write JSON so that equal values are equal texts; numbers by what they are."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list):
        return [canonical(one) for one in value]
    if isinstance(value, dict):
        return {key: canonical(one) for key, one in value.items()}
    return ("number", *value.as_integer_ratio())


def verdict(matchers: dict[str, Any], value: Any) -> bool | None:
    """Judge a value; None where a matcher cannot."""
    check = {"jq": ".", **matchers}
    step = Judged.model_validate({"expect": {"checks": [check]}})
    bound = Matchers(step.expect.checks[0].matchers)
    try:
        return bound.problem(value) is None
    except CannotMatchError:
        return None


def lookalike(value: Any) -> Any:
    """Give what Python takes for equal, and JSON may not."""
    if isinstance(value, list):
        return [lookalike(one) for one in value]
    if isinstance(value, dict):
        return {key: lookalike(one) for key, one in value.items()}
    swapped = {"True": 1, "1": 1.0, "1.0": True, "False": 0, "0": 0.0, "0.0": False}
    return swapped.get(repr(value), value)


PAIRS = st.tuples(VALUES, VALUES) | VALUES.map(lambda one: (one, lookalike(one)))


@given(pair=PAIRS)
def test_equality_is_that_of_json(pair: tuple[Any, Any]) -> None:
    one, other = pair
    equal = canonical(one) == canonical(other)
    assert json_equal(one, other) is equal
    assert (json_key(one) == json_key(other)) is equal
    assert verdict({"equals": one}, other) is equal
    assert verdict({"not_equals": one}, other) is not equal


@given(value=VALUES)
def test_a_value_equals_what_comes_back_of_its_json(value: Any) -> None:
    assert json_equal(value, json.loads(json.dumps(value)))


@given(pair=PAIRS)
def test_a_difference_is_always_shown_and_never_long(pair: tuple[Any, Any]) -> None:
    expected, actual = pair
    if json_equal(expected, actual) or type(expected) is not type(actual):
        return
    said = difference(expected, actual)
    assert said.startswith("expected ")
    assert len(said.splitlines()) <= 45


@given(values=st.lists(VALUES, max_size=5), data=st.data())
def test_order_does_not_matter_to_unordered_equals(values: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(values))
    assert verdict({"unordered_equals": values}, shuffled) is True
    assert verdict({"unordered_equals": [*values, "more"]}, shuffled) is False
    if values:
        assert verdict({"superset": values}, shuffled) is True
        assert verdict({"subset": values}, shuffled) is True


@settings(max_examples=300)
@given(one=MATCHERS, other=MATCHERS, value=SCALARS | VALUES)
def test_not_any_and_all_are_a_logic(one: Any, other: Any, value: Any) -> None:
    """Boolean where both can judge; Kleene's with None for what cannot be judged."""
    left, right = verdict(one, value), verdict(other, value)
    negated = None if left is None else not left
    assert verdict({"not": one}, value) is negated
    assert verdict({"not": {"not": one}}, value) is left
    for pair in ([one, other], [other, one]):
        assert verdict({"all": pair}, value) is kleene_and(left, right)
        negations = [{"not": part} for part in pair]
        assert verdict({"any": pair}, value) is verdict({"not": {"all": negations}}, value)
    assert verdict({"each": one}, [value, value]) is left


def kleene_and(*parts: bool | None) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True
