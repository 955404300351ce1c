"""From pydantic's errors to mistakes in words that the author of a file understands."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentrig.errors import Mistake, Position

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from agentrig.scenario._source import Location, Source

__all__ = ["closest", "mistakes_of"]

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def mistakes_of(
    error: ValidationError,
    source: Source,
    *,
    model: type[BaseModel],
    within: Location = (),
    what: str = "a scenario",
) -> list[Mistake]:
    """Turn all errors of one model, found at `within` in the file, into mistakes.

    `what` names the whole file in messages.
    """
    return [_mistake(detail, source, model, tuple(within), what) for detail in error.errors()]


def closest(name: str, known: Collection[str]) -> str | None:
    """Suggest the known name nearest to `name`, if one is near."""
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None


def _mistake(
    detail: ErrorDetails,
    source: Source,
    model: type[BaseModel],
    within: tuple[str | int, ...],
    what: str,
) -> Mistake:
    location = (*within, *detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            key = str(location[-1])
            keys = _keys(model, detail["loc"][:-1])
            return Mistake(
                message=f"unknown key '{key}' in {_container(location[:-1], what)}",
                at=source.locate(location, key=True),
                hint=closest(key, keys) or f"known here: {', '.join(sorted(keys))}",
            )
        case "missing":
            return Mistake(
                message=f"missing key '{location[-1]}' in {_container(location[:-1], what)}",
                at=source.locate(location[:-1], key=bool(location[:-1])),
                hint=None,
            )
        case kind if kind in _EXPECTED:
            return _wrong_type(detail, source, location, what)
    return Mistake(
        message=_message(detail, location),
        at=_shifted(source.locate(location), detail.get("ctx", {})),
        hint=detail.get("ctx", {}).get("hint"),
    )


def _wrong_type(detail: ErrorDetails, source: Source, location: Location, what: str) -> Mistake:
    value = detail["input"]
    hint = None
    if detail["type"] == "string_type" and isinstance(value, bool | int | float):
        hint = "quote it"
    elif detail["type"] == "int_type" and isinstance(value, str) and value.strip().isdigit():
        hint = "take the quotes away"
    where = f"'{_last_name(location)}'" if location else what
    return Mistake(
        message=f"{where} must be {_EXPECTED[detail['type']]}, not {_describe(value)}",
        at=source.locate(location),
        hint=hint,
    )


def _message(detail: ErrorDetails, location: Location) -> str:
    context = detail.get("ctx", {})
    name = _last_name(location)
    match detail["type"]:
        case "greater_than_equal":
            return f"'{name}' must be at least {context['ge']}, not {detail['input']}"
        case "less_than_equal":
            return f"'{name}' must be at most {context['le']}, not {detail['input']}"
        case "string_too_short" | "too_short":
            return f"'{name}' must not be empty"
    return detail["msg"][:1].lower() + detail["msg"][1:]


def _shifted(at: Position, context: dict[str, Any]) -> Position:
    """Move to the character that a validator named, where the value stands in one line."""
    offset = context.get("offset")
    if offset is None:
        return at
    quoted = at.text[at.column - 1] in "\"'"
    if not quoted and at.text[at.column - 1] in "|>":
        return at
    column = at.column + offset + (1 if quoted else 0)
    return replace(at, column=column, length=1) if column <= len(at.text) else at


def _keys(model: type[BaseModel], location: Location) -> list[str]:
    """List the keys that the model at `location` below `model` takes."""
    for part in location:
        field = model.model_fields.get(str(part))
        nested = [
            candidate
            for candidate in _types_in(field.annotation if field else None)
            if hasattr(candidate, "model_fields")
        ]
        if nested:
            model = nested[0]
    return [field.alias or name for name, field in model.model_fields.items()]


def _types_in(annotation: Any) -> list[Any]:
    args = getattr(annotation, "__args__", ())
    return [annotation, *(found for arg in args for found in _types_in(arg))]


def _container(location: Location, what: str) -> str:
    if not location:
        return what
    if isinstance(location[-1], int):
        return f"a {_singular(str(location[-2]))}" if len(location) > 1 else "an entry"
    return f"'{location[-1]}'"


def _singular(name: str) -> str:
    return name.removesuffix("s")


def _last_name(location: Location) -> str:
    names = [str(part) for part in location if not isinstance(part, int)]
    index = f"[{location[-1]}]" if location and isinstance(location[-1], int) else ""
    return f"{names[-1] if names else ''}{index}"


_DESCRIBED = {type(None): "nothing", str: "text", list: "a list", dict: "a mapping"}


def _describe(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return _DESCRIBED.get(type(value), type(value).__name__)
