"""Matchers of what kind of value there is, if there is one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from agentrig.checks._bound import Matchers
from agentrig.checks._matcher import CannotMatchError, Matcher, Missing
from agentrig.checks._operands import TypeName, Yes
from agentrig.checks._values import is_number, json_type, name_type, show

__all__ = ["EMPTY", "EXISTS", "LENGTH", "NOT_NULL", "TYPE"]


def _length_operand(raw: Any, info: ValidationInfo) -> int | Matchers:
    if isinstance(raw, dict):
        return Matchers.parse(raw, info)
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise PydanticCustomError(
            "length",
            "'length' must be a whole number or matchers, not {what}",
            {"what": name_type(raw), "hint": "e.g. 'length: 3' or 'length: {ge: 1}'"},
        )
    return raw


def _type(actual: Any, expected: str) -> str | None:
    if expected == json_type(actual) or (expected == "integer" and _is_integer(actual)):
        return None
    return f"expected a value of type {expected}, got {name_type(actual)}"


def _is_integer(value: Any) -> bool:
    # JSON Schema, Core 2020-12, 4.2.3: a float without a fraction is an integer.
    return is_number(value) and (isinstance(value, int) or value.is_integer())


def _length(actual: Any, expected: int | Matchers) -> str | None:
    length = _length_of(actual)
    if isinstance(expected, int):
        if length == expected:
            return None
        return f"expected a length of {expected}, got {length}: {show(actual)}"
    problem = expected.problem(length)
    return None if problem is None else f"length: {problem}: {show(actual)}"


def _empty(actual: Any, expected: bool) -> str | None:  # noqa: FBT001  # an operand
    if (_length_of(actual) == 0) is expected:
        return None
    if expected:
        return f"expected nothing in it, got {show(actual)}"
    return f"expected something in it, got {show(actual)}"


def _length_of(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise CannotMatchError(f"expected text, a list or a mapping, got {name_type(value)}")
    return len(value)


def _exists(actual: Any, expected: bool) -> str | None:  # noqa: FBT001  # an operand
    missing = isinstance(actual, Missing)
    if (not missing and actual is not None) is expected:
        return None
    if not expected:
        return f"expected no value, got {show(actual)}"
    return (
        f"expected a value: there is no {actual.what}" if missing else "expected a value, got null"
    )


def _not_null(actual: Any, expected: bool) -> str | None:  # noqa: FBT001  # an operand
    if (actual is not None) is expected:
        return None
    return f"expected {'a value' if expected else 'null'}, got {show(actual)}"


TYPE = Matcher(
    operand=TypeName,
    problem=_type,
    about="The value is of this JSON type; 1.0 is an integer as well.",
    example="{jq: .score, type: number}",
)
LENGTH = Matcher(
    operand=Annotated[
        int | Matchers,
        PlainValidator(
            _length_operand, json_schema_input_type=Annotated[int, Field(ge=0)] | Matchers
        ),
    ],
    problem=_length,
    about="The text, list or mapping has this length, or one that matchers hold for.",
    example="{jq: .issues, length: {ge: 1}}",
)
EMPTY = Matcher(
    operand=Yes,
    problem=_empty,
    about="The text, list or mapping is empty, or with false is not.",
    example="{jq: .issues, empty: true}",
)
EXISTS = Matcher(
    operand=Yes,
    problem=_exists,
    about="The header, cookie or match is there, or the value is not null; with false it is not.",
    example="{header: x-powered-by, exists: false}",
    sees_missing=True,
)
NOT_NULL = Matcher(
    operand=Yes,
    problem=_not_null,
    about="The value is there and is not null.",
    example="{jq: .session.id, not_null: true}",
)
