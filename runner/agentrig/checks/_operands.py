"""Types of operands: what may stand behind a matcher's key, checked when a file is loaded."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from agentrig.checks._patterns import checked_pattern
from agentrig.checks._values import is_number
from agentrig.scenario import closest, json_problem

__all__ = [
    "Json",
    "JsonElements",
    "JsonList",
    "JsonListOrMapping",
    "Number",
    "Pattern",
    "Text",
    "TypeName",
    "Yes",
    "check_json",
    "check_number",
]

TYPE_NAMES = ("string", "number", "integer", "boolean", "array", "object", "null")


def check_json(value: Any) -> Any:
    """Refuse what JSON cannot hold, for pydantic."""
    if found := json_problem(value, text_keys=True):
        within, problem = found
        raise PydanticCustomError("json", "{problem}", {"problem": problem, "within": within})
    return value


def _json_elements(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise PydanticKnownError("list_type")
    checked: list[Any] = check_json(value)
    return checked


def _json_list(value: Any) -> list[Any]:
    if value == []:
        hint = "write what it is compared with"
        raise PydanticCustomError("empty", "the list must not be empty", {"hint": hint})
    return _json_elements(value)


def _json_list_or_mapping(value: Any) -> Any:
    if isinstance(value, dict):
        if not value:
            hint = "write what it is compared with"
            raise PydanticCustomError("empty", "the mapping must not be empty", {"hint": hint})
        return check_json(value)
    return _json_list(value)


def check_number(value: Any) -> float:
    """Refuse what is no finite JSON number, for pydantic."""
    if not is_number(value) or (isinstance(value, float) and not math.isfinite(value)):
        raise PydanticKnownError("float_type")
    number: float = value
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    if not value:
        hint = "write what must be there"
        raise PydanticCustomError(
            "empty", "any text begins and ends with an empty one", {"hint": hint}
        )
    return value


def _type_name(value: Any) -> str:
    if value is None:
        value = "null"
    if value not in TYPE_NAMES or not isinstance(value, str):
        known = f"known here: {', '.join(TYPE_NAMES)}"
        hint = closest(value, TYPE_NAMES) or known if isinstance(value, str) else known
        raise PydanticCustomError(
            "type_name", "there is no type {value}", {"value": repr(value), "hint": hint}
        )
    return value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise PydanticKnownError("bool_type")
    return value


Json = Annotated[Any, PlainValidator(check_json), WithJsonSchema({})]
"""Any JSON value."""

JsonElements = Annotated[
    list[Any], PlainValidator(_json_elements), WithJsonSchema({"type": "array"})
]
"""A list of JSON values."""

JsonList = Annotated[
    list[Any], PlainValidator(_json_list), WithJsonSchema({"type": "array", "minItems": 1})
]
"""A list of JSON values, not empty."""

JsonListOrMapping = Annotated[
    Any,
    PlainValidator(_json_list_or_mapping),
    WithJsonSchema({"type": ["array", "object"], "minItems": 1, "minProperties": 1}),
]
"""A list or a mapping, not empty."""

Number = Annotated[float, PlainValidator(check_number), WithJsonSchema({"type": "number"})]
"""A number, whole or not; integers keep their size."""

Pattern = Annotated[
    str, PlainValidator(checked_pattern), WithJsonSchema({"type": "string", "minLength": 1})
]
"""A regular expression."""

Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
"""A text, not empty."""

TypeName = Annotated[str, PlainValidator(_type_name), WithJsonSchema({"enum": [*TYPE_NAMES]})]
"""The name of a JSON type."""

Yes = Annotated[bool, PlainValidator(_yes), WithJsonSchema({"type": "boolean"})]
"""True or false."""
