"""Matchers that compare whole values."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agentrig.checks._diff import difference
from agentrig.checks._matcher import CannotMatchError, Matcher
from agentrig.checks._operands import Json, JsonElements, JsonList, JsonListOrMapping
from agentrig.checks._values import json_equal, json_key, name_type, show

__all__ = [
    "EQUALS",
    "NOT_EQUALS",
    "ONE_OF",
    "SUBSET",
    "SUPERSET",
    "UNORDERED_EQUALS",
]


def _equals(actual: Any, expected: Any) -> str | None:
    if json_equal(actual, expected):
        return None
    if type(actual) is type(expected) and isinstance(actual, dict | list):
        return difference(expected, actual)
    return f"expected {show(expected)}, got {show(actual)}"


def _not_equals(actual: Any, expected: Any) -> str | None:
    if json_equal(actual, expected):
        return f"expected anything but {show(expected)}"
    return None


def _one_of(actual: Any, expected: list[Any]) -> str | None:
    if any(json_equal(actual, one) for one in expected):
        return None
    return f"expected one of {show(expected)}, got {show(actual)}"


def _unordered_equals(actual: Any, expected: list[Any]) -> str | None:
    found = Counter(map(json_key, _a_list(actual)))
    wanted = Counter(map(json_key, expected))
    if found == wanted:
        return None
    missing, extra = _left_over(expected, found), _left_over(actual, wanted)
    parts = [f"{show(missing)} is missing"] if missing else []
    parts += [f"{show(extra)} is too much"] if extra else []
    return f"expected the same elements in any order: {', '.join(parts)}"


def _left_over(values: list[Any], covered: Counter[Any]) -> list[Any]:
    """List the values that `covered` has no more of, in their order."""
    rest = covered.copy()
    over = []
    for value in values:
        key = json_key(value)
        if rest[key] > 0:
            rest[key] -= 1
        else:
            over.append(value)
    return over


def _subset(actual: Any, expected: Any) -> str | None:
    if isinstance(expected, dict):
        extra: Any = _not_below(_a_mapping(actual), expected)
        within = "mapping"
    else:
        extra, within = _not_among(_a_list(actual), expected), "list"
    if not extra:
        return None
    return f"expected nothing but parts of {show(expected)}: {show(extra)} is not in that {within}"


def _superset(actual: Any, expected: Any) -> str | None:
    if isinstance(expected, dict):
        missing: Any = _not_below(expected, _a_mapping(actual))
    else:
        missing = _not_among(expected, _a_list(actual))
    if not missing:
        return None
    return f"expected to hold {show(missing)} as well, got {show(actual)}"


def _not_among(values: list[Any], others: list[Any]) -> list[Any]:
    keys = set(map(json_key, others))
    return [value for value in values if json_key(value) not in keys]


def _not_below(part: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Give the entries of `part` that are not in `whole`; mappings are compared entry by entry."""
    missing: dict[str, Any] = {}
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(whole.get(key), dict):
            if below := _not_below(value, whole[key]):
                missing[key] = below
        elif key not in whole or not json_equal(value, whole[key]):
            missing[key] = value
    return missing


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CannotMatchError(f"expected a list, got {name_type(value)}")
    return value


def _a_mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CannotMatchError(f"expected a mapping, got {name_type(value)}")
    return value


EQUALS = Matcher(
    operand=Json,
    problem=_equals,
    about="The value equals this, as JSON compares: 1 equals 1.0 and not true.",
    example="{jq: .status, equals: ready}",
)
NOT_EQUALS = Matcher(
    operand=Json,
    problem=_not_equals,
    about="The value is anything but this.",
    example="{jq: .status, not_equals: failed}",
)
ONE_OF = Matcher(
    operand=JsonList,
    problem=_one_of,
    about="The value equals one of these.",
    example="{status: {one_of: [200, 201]}}",
)
UNORDERED_EQUALS = Matcher(
    operand=JsonElements,
    problem=_unordered_equals,
    about="The list has these elements, in any order, each as often as here.",
    example="{jq: .tools, unordered_equals: [search, calendar]}",
)
SUBSET = Matcher(
    operand=JsonListOrMapping,
    problem=_subset,
    about="All elements of the list, or all entries of the mapping, are among these.",
    example="{jq: .tags, subset: [smoke, slow, nightly]}",
)
SUPERSET = Matcher(
    operand=JsonListOrMapping,
    problem=_superset,
    about="The list has these elements, or the mapping these entries, and maybe more.",
    example="{jq: .user, superset: {name: Ada, roles: {admin: true}}}",
)
