"""What lint calls a matcher that cannot fail holds for every value that it can judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agentrig.checks import CannotMatchError, Matchers
from agentrig.lint._always import (
    ANYTHING,
    BODY,
    COUNT,
    DURATION,
    LENGTH,
    STATUS,
    Values,
    matchers_that_hold,
)

MATCHERS = TypeAdapter(Matchers)

numbers = st.integers(-2, 3) | st.sampled_from([0.5, 99, 100, 599, 999, 1000])
texts = st.sampled_from(["", "a", "1", "ab\n"])
# Every text contains an empty one, which is all that lint thinks of; a list need not.
parts = st.sampled_from(["a", "1", 1])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)
DOMAINS = {
    "anything": (ANYTHING, values),
    "body": (BODY, texts),
    "status": (STATUS, st.sampled_from([100, 200, 599, 999])),
    "duration": (DURATION, st.floats(0, 1000, exclude_min=True)),
    "length": (LENGTH, st.integers(0, 1000)),
    "count": (COUNT, st.integers(0, 1000)),
}
TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"]
leaves = st.one_of(
    st.sampled_from([{"matches": "a*"}, {"schema": {}}, {"ge": -1}, {"exists": True}]),
    st.fixed_dictionaries({"equals": scalars}),
    st.fixed_dictionaries({"not_equals": scalars}),
    st.fixed_dictionaries({"contains": parts}),
    st.fixed_dictionaries({"matches": st.sampled_from([".*", "^", "a", "^.*$", "a*", r"^\s*$"])}),
    st.fixed_dictionaries({"type": st.sampled_from(TYPES)}),
    *(st.fixed_dictionaries({name: numbers}) for name in ("gt", "ge", "lt", "le")),
    st.fixed_dictionaries({"between": st.tuples(numbers, numbers).map(sorted)}),
    *(st.fixed_dictionaries({one: st.booleans()}) for one in ("exists", "not_null", "empty")),
    st.fixed_dictionaries({"schema": st.sampled_from([{}, {"title": "x"}, {"type": "string"}])}),
)
mappings = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"each": inner}),
        st.fixed_dictionaries({"length": inner}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=7)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(mappings, st.sampled_from(sorted(DOMAINS)), st.data())
def test_what_lint_says_cannot_fail_does_not(
    matchers: dict[str, Any], domain: str, data: st.DataObject
) -> None:
    possible, some = DOMAINS[domain]
    places = [place for place, _ in matchers_that_hold(matchers, possible)]
    if not any(len(place) == 1 for place in places):
        return
    event(f"{domain}: {next(iter(matchers))}")
    bound = MATCHERS.validate_python(matchers)
    value = data.draw(some)
    try:
        problem = bound.problem(value)
    except CannotMatchError:
        return  # it is of another type, which is a failed check of another sort
    assert problem is None


# Around the borders of what each can be; a duration is never 0.
NUMBERS: dict[str, tuple[Values, list[float]]] = {
    "status": (STATUS, [100, 101, 500, 998, 999]),
    "duration": (DURATION, [1e-9, 1, 5000.5]),
    "length": (LENGTH, [0, 1, 2, 10_000]),
}
BORDERS = [-1, 0, 0.001, 1, 99, 100, 101, 998, 999, 1000, 20_000]


@pytest.mark.parametrize("domain", NUMBERS)
@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le", "between"])
def test_a_comparison_cannot_fail_where_no_number_fails_it(name: str, domain: str) -> None:
    possible, some = NUMBERS[domain]
    operands: list[Any] = [*BORDERS]
    if name == "between":
        operands = [[low, high] for low in BORDERS for high in BORDERS if low <= high]
    for operand in operands:
        said = bool(list(matchers_that_hold({name: operand}, possible)))
        bound = MATCHERS.validate_python({name: operand})
        holds = all(bound.problem(value) is None for value in some)
        # Numbers have no end where the domain has none: what is greater is only not listed.
        open_above = name in {"lt", "le", "between"} and possible is not STATUS
        assert said is (holds and not open_above), operand
