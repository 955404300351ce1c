"""Matchers that hold whatever comes."""

from __future__ import annotations

import math
import string
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.scenario import is_templated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "ANYTHING",
    "BODY",
    "COUNT",
    "DURATION",
    "LENGTH",
    "STATUS",
    "Values",
    "matchers_that_hold",
]

Location = tuple[str | int, ...]


class Values(Struct, frozen=True, kw_only=True):
    """What a subject can be: its type if it has but one, and between which numbers.

    `low` itself is possible if `reaches_low`.
    """

    what: str = "it"
    type: str | None = None
    low: float = -math.inf
    high: float = math.inf
    reaches_low: bool = True


ANYTHING = Values()
BODY = Values(what="a body", type="string")
STATUS = Values(what="a status", type="number", low=100, high=999)  # RFC 9110, 15
DURATION = Values(what="a duration", type="number", low=0, reaches_low=False)
LENGTH = Values(what="a length", type="number", low=0)
COUNT = Values(what="a count", type="number", low=0)

_ALL_TYPES = frozenset({"string", "number", "boolean", "array", "object", "null"})
# Keywords of JSON Schema (Core 2020-12, 8; Validation, 9) that assert nothing.
_NO_ASSERTION = frozenset(
    {
        *("$schema", "$id", "$comment", "$defs", "$anchor", "$vocabulary"),
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    }
)
# Texts that no pattern finds something in by chance.
_PROBES = ("", "x", "\n", f"{string.printable}\n{string.printable}" * 9, "é 中\u2028\u0000")
# What makes a pattern depend on more than the probes hold.
_SELECTIVE = ("(?!", "(?<!", "(?=", "(?<=", "[^", "{", r"\W", r"\D", r"\S")


def matchers_that_hold(
    matchers: Mapping[str, Any], values: Values, at: Location = ()
) -> Iterator[tuple[Location, str]]:
    """List where the matchers stand that hold for all of `values`, and why they do."""
    for name, operand in matchers.items():
        place = (*at, name)
        if name == "all" and isinstance(operand, list):
            for index, one in enumerate(operand):
                if isinstance(one, dict):
                    yield from matchers_that_hold(one, values, (*place, index))
        elif name in {"each", "length"} and isinstance(operand, dict):
            yield from matchers_that_hold(operand, _within(name), place)
        elif reason := _reason(name, operand, values):
            yield place, reason


def _reason(name: str, operand: Any, values: Values) -> str | None:
    """Say why a matcher holds for all of `values`, None if it does not."""
    if name not in _REASONS or (isinstance(operand, str) and is_templated(operand)):
        return None
    return _REASONS[name](operand, values)


def _hold(matchers: Any, values: Values) -> bool:
    """Tell whether all matchers of a mapping hold for all of `values`."""
    is_some = isinstance(matchers, dict) and bool(matchers)
    return is_some and all(_reason(name, one, values) for name, one in matchers.items())


def _within(name: str) -> Values:
    return LENGTH if name == "length" else ANYTHING


def _contains(operand: Any, _: Values) -> str | None:
    return "any text contains an empty one" if operand == "" else None


def _matches(operand: Any, _: Values) -> str | None:
    if not isinstance(operand, str) or any(sign in operand for sign in _SELECTIVE):
        return None
    import regex  # noqa: PLC0415  # only files with patterns need it

    pattern = regex.compile(operand, regex.VERSION0)
    try:
        finds_all = all(pattern.search(text, timeout=1) for text in _PROBES)
    except TimeoutError:
        return None
    return "the pattern matches any text" if finds_all else None


def _schema(operand: Any, _: Values) -> str | None:
    if isinstance(operand, dict) and operand.keys() <= _NO_ASSERTION:
        return "any value conforms to this schema"
    return None


def _not(operand: Any, values: Values) -> str | None:
    # All must hold; where one never does, they never do.
    inner = operand.get("not") if isinstance(operand, dict) else None
    return "what it negates never holds" if _hold(inner, values) else None


def _any(operand: Any, values: Values) -> str | None:
    members = operand if isinstance(operand, list) else []
    if any(_hold(one, values) for one in members):
        return "one of these holds whatever comes"
    types = {one["type"] for one in members if isinstance(one, dict) and one.keys() == {"type"}}
    if {"null" if one is None else one for one in types} >= _ALL_TYPES:
        return "every value has one of these types"
    for one in members:
        opposite = {"not": one}
        if isinstance(one, dict) and one.keys() in ({"exists"}, {"not_null"}, {"empty"}):
            name, says = next(iter(one.items()))
            opposite = {name: not says}
        if opposite in members or {"not": one} in members:
            return "what is not one of these is another"
    return None


def _all(operand: Any, values: Values) -> str | None:
    members = operand if isinstance(operand, list) else []
    return "all of these hold" if members and all(_hold(one, values) for one in members) else None


def _inner(name: str) -> Callable[[Any, Values], str | None]:
    return lambda operand, _: "it holds" if _hold(operand, _within(name)) else None


def _exists(operand: Any, values: Values) -> str | None:
    return f"there is always {values.what}" if operand is True and values.type else None


def _type(operand: Any, values: Values) -> str | None:
    is_it = operand == values.type or (operand == "integer" and values in (STATUS, LENGTH, COUNT))
    return f"{values.what} is always of this type" if is_it and values.type else None


def _not_equals(operand: Any, values: Values) -> str | None:
    is_text, is_number = isinstance(operand, str), _is_number(operand)
    if values.type == "number" and not (is_number and values.low <= operand <= values.high):
        return f"{values.what} is never this"
    return f"{values.what} is never this" if values.type == "string" and not is_text else None


def _above(*, low_counts: bool) -> Callable[[Any, Values], str | None]:
    def reason(operand: Any, values: Values) -> str | None:
        if not _is_number(operand) or math.isinf(values.low):
            return None
        reached = values.reaches_low and not low_counts
        holds = operand < values.low if reached else operand <= values.low
        return f"{values.what} is never smaller" if holds else None

    return reason


def _below(*, high_counts: bool) -> Callable[[Any, Values], str | None]:
    def reason(operand: Any, values: Values) -> str | None:
        if not _is_number(operand) or math.isinf(values.high):
            return None
        holds = operand >= values.high if high_counts else operand > values.high
        return f"{values.what} is never greater" if holds else None

    return reason


def _between(operand: Any, values: Values) -> str | None:
    if not isinstance(operand, list) or len(operand) != 2:  # noqa: PLR2004  # low and high
        return None
    low, high = operand
    holds = _above(low_counts=True)(low, values) and _below(high_counts=True)(high, values)
    return f"{values.what} is always between these" if holds else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_REASONS: Mapping[str, Callable[[Any, Values], str | None]] = {
    "contains": _contains,
    "matches": _matches,
    "schema": _schema,
    "not": _not,
    "any": _any,
    "all": _all,
    "each": _inner("each"),
    "length": _inner("length"),
    "exists": _exists,
    "not_null": _exists,
    "type": _type,
    "not_equals": _not_equals,
    "gt": _above(low_counts=False),
    "ge": _above(low_counts=True),
    "lt": _below(high_counts=False),
    "le": _below(high_counts=True),
    "between": _between,
}
