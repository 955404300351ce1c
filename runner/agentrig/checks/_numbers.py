"""Matchers of numbers."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from agentrig.checks._matcher import CannotMatchError, Matcher
from agentrig.checks._operands import Number, check_number
from agentrig.checks._values import is_number, name_type, show
from agentrig.scenario import StrictModel

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BETWEEN", "CLOSE_TO", "GE", "GT", "LE", "LT", "CloseTo"]


def _compares(holds: Callable[[Any, Any], bool], words: str) -> Callable[[Any, Any], str | None]:
    def problem(actual: Any, bound: float) -> str | None:
        if holds(_a_number(actual), bound):
            return None
        return f"expected {words} {show(bound)}, got {show(actual)}"

    return problem


def _between(actual: Any, bounds: tuple[float, float]) -> str | None:
    low, high = bounds
    if low <= _a_number(actual) <= high:
        return None
    return f"expected {show(low)} to {show(high)}, got {show(actual)}"


def _bounds(value: Any) -> tuple[float, float]:
    if not isinstance(value, list):
        raise PydanticKnownError("list_type")
    if len(value) != 2:  # noqa: PLR2004  # low and high
        raise PydanticCustomError(
            "between", "'between' takes two numbers", {"hint": "write [low, high]"}
        )
    for index, bound in enumerate(value):
        if not is_number(bound):
            raise PydanticCustomError(
                "between",
                "a bound must be a number, not {what}",
                {"what": name_type(bound), "within": (index,)},
            )
    low, high = map(check_number, value)
    if low > high:
        hint = f"write [{show(high)}, {show(low)}]"
        raise PydanticCustomError("between", "nothing lies between these two", {"hint": hint})
    return low, high


class CloseTo(StrictModel):
    """A number, and how far from it a value may be."""

    value: Number = Field(description="The number.")
    tolerance: Number | None = Field(default=None, description="How far the value may be from it.")
    percent: Number | None = Field(default=None, description="The same in percent of the number.")

    @model_validator(mode="after")
    def _has_one_width(self) -> CloseTo:
        if (self.tolerance is None) == (self.percent is None):
            hint = "e.g. {value: 5, tolerance: 0.1}"
            raise PydanticCustomError(
                "close_to", "'close_to' takes either 'tolerance' or 'percent'", {"hint": hint}
            )
        name = "percent" if self.tolerance is None else "tolerance"
        if self.width() < 0:
            raise PydanticCustomError(
                "close_to", "'{name}' must not be below 0", {"name": name, "within": (name,)}
            )
        return self

    def width(self) -> Fraction:
        """How far from the number a value may be."""
        if self.tolerance is not None:
            return _exact(self.tolerance)
        return abs(_exact(self.value)) * _exact(self.percent or 0) / 100


def _close_to(actual: Any, near: CloseTo) -> str | None:
    number = _a_number(actual)
    finite = isinstance(number, int) or math.isfinite(number)
    if finite and (abs(_exact(actual) - _exact(near.value)) <= near.width()):
        return None
    width = f"{show(near.percent)} %" if near.tolerance is None else show(near.tolerance)
    return f"expected {show(near.value)} give or take {width}, got {show(actual)}"


def _exact(number: float) -> Fraction:
    """Take a number as it is written: to floats, 0.51 is further than 0.01 from 0.5."""
    return Fraction(repr(number))


def _a_number(value: Any) -> float:
    if not is_number(value):
        raise CannotMatchError(f"expected a number, got {name_type(value)}")
    number: float = value
    return number


GT = Matcher(
    operand=Number,
    problem=_compares(operator.gt, "a number above"),
    about="The number is greater than this.",
    example="{jq: .score, gt: 0}",
)
GE = Matcher(
    operand=Number,
    problem=_compares(operator.ge, "at least"),
    about="The number is greater than or equal to this.",
    example="{jq: .score, ge: 80}",
)
LT = Matcher(
    operand=Number,
    problem=_compares(operator.lt, "a number below"),
    about="The number is less than this.",
    example="{jq: .cost, lt: 0.05}",
)
LE = Matcher(
    operand=Number,
    problem=_compares(operator.le, "at most"),
    about="The number is less than or equal to this.",
    example="{elapsed_ms: {le: 2000}}",
)
BETWEEN = Matcher(
    operand=Annotated[
        tuple[float, float],
        PlainValidator(_bounds),
        WithJsonSchema(
            {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        ),
    ],
    problem=_between,
    about="The number lies between these two, or is one of them.",
    example="{jq: .score, between: [0, 100]}",
)
CLOSE_TO = Matcher(
    operand=CloseTo,
    problem=_close_to,
    about="The number is this one, give or take a tolerance or some percent.",
    example="{jq: .ratio, close_to: {value: 0.5, tolerance: 0.01}}",
)
