"""From pydantic's errors to mistakes in words that the author of a file understands."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Protocol

from agentrig.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from agentrig.documents import Location
    from agentrig.errors import Position

__all__ = ["Locator", "closest", "mistakes_of"]


class Locator(Protocol):
    """A file, or one document of it: where its parts stand."""

    def locate(self, location: Location, *, key: bool = False) -> Position:
        """Find the value at `location`, or with `key` the key that names it."""

    def locate_text(self, location: Location, offset: int, length: int) -> Position:
        """Find `length` characters from `offset` of the text at `location`."""


# How pydantic marks that an error lies in a mapping's key.
_KEY = "[key]"

# What is wrong with a mapping whatever its values are.
_OF_KEYS = frozenset({"missing", "extra_forbidden", "no_value", "no_matcher", "no_subject"})

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
    source: Locator,
    *,
    model: type[BaseModel],
    within: Location = (),
    what: str = "a scenario",
    later: Callable[[Location], bool] | None = None,
) -> list[Mistake]:
    """Turn all errors of one model, found at `within` in the file, into mistakes.

    `what` names the whole file in messages. `later` tells the places, below `within`, whose
    values are known only later: what is wrong with them now is no mistake.
    """
    return [
        _mistake(detail, source, model, tuple(within), what)
        for detail in error.errors()
        if later is None or not _is_later(detail, later)
    ]


def _is_later(detail: ErrorDetails, later: Callable[[Location], bool]) -> bool:
    if detail["type"] in _OF_KEYS or detail["loc"][-1:] == (_KEY,):
        return False
    return later((*detail["loc"], *detail.get("ctx", {}).get("within", ())))


def closest(name: str, known: Collection[str]) -> str | None:
    """Suggest the known name nearest to `name`, if one is near."""
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None


def _mistake(
    detail: ErrorDetails,
    source: Locator,
    model: type[BaseModel],
    within: tuple[str | int, ...],
    what: str,
) -> Mistake:
    location = (*within, *detail["loc"])
    if location[-1:] == (_KEY,):
        return _bad_key(detail, source, location[:-1], what)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "invalid_key":
            return _bad_key(detail, source, location, what)
        case "extra_forbidden":
            key = str(location[-1])
            keys = _keys(model, detail["loc"][:-1])
            hint = closest(key, keys) or f"known here: {', '.join(sorted(keys))}"
            if key == "apiVersion" and not detail["loc"][:-1]:
                hint = "Kubernetes manifests stand in NAME.manifest.yaml"
            return Mistake(
                message=f"unknown key '{key}' in {_container(location[:-1], what)}",
                at=source.locate(location, key=True),
                hint=hint,
            )
        case "missing":
            return Mistake(
                message=f"missing key '{location[-1]}' in {_container(location[:-1], what)}",
                at=source.locate(location[:-1], key=bool(location[:-1])),
                hint=f"add '{location[-1]}: ...'",
            )
        case kind if kind in _EXPECTED:
            return _wrong_type(detail, source, location, what, _keys(model, ()))
    location = (*location, *context.get("within", ()))
    if (offset := context.get("offset")) is not None:
        at = source.locate_text(location, offset, context.get("length", 1))
    else:
        at = source.locate(location, key=detail["type"] == "no_value")
    return Mistake(message=_message(detail, location), at=at, hint=context.get("hint"))


def _bad_key(detail: ErrorDetails, source: Locator, location: Location, what: str) -> Mistake:
    """Say what is wrong with a mapping's key rather than its value."""
    message, hint = detail["msg"], detail.get("ctx", {}).get("hint")
    at = source.locate(location, key=True)
    if detail["type"] in {"string_type", "invalid_key"}:
        written = at.text[at.column - 1 : at.column - 1 + at.length]
        message = f"a key in {_container(location[:-1], what)} must be text, not {written}"
        hint = f"quote it: '{written}'"
    return Mistake(message=message, at=at, hint=hint)


def _wrong_type(
    detail: ErrorDetails, source: Locator, location: Location, what: str, keys: list[str]
) -> Mistake:
    value = detail["input"]
    at = source.locate(location)
    hint = None
    if not location:
        hint = f"its keys: {', '.join(sorted(keys))}"
        if what == "a scenario" and isinstance(value, list):
            hint = "begin with 'name' and 'steps'; rows for 'data' stand in NAME.data.yaml"
    elif detail["type"] == "string_type" and _is_quotable(value, at):
        hint = "quote it"
    elif _is_quoted(value, detail["type"]):
        hint = "take the quotes away"
    where = f"'{_last_name(location)}'" if location else what
    message = f"{where} must be {_EXPECTED[detail['type']]}, not {_describe(value)}"
    return Mistake(message=message, at=at, hint=hint)


def _is_quotable(value: Any, at: Position) -> bool:
    """Tell whether quotes would make the text that was meant: `[0].id` is a list without them."""
    if isinstance(value, list | dict):
        return at.text[at.column - 1] in "[{"
    return isinstance(value, bool | int | float)


def _is_quoted(value: Any, expected: str) -> bool:
    if not isinstance(value, str):
        return False
    if expected == "bool_type":
        return value in {"true", "false"}
    return expected == "int_type" and value.strip().isdigit()


def _message(detail: ErrorDetails, location: Location) -> str:
    context = detail.get("ctx", {})
    name = _last_name(location)
    match detail["type"]:
        case "greater_than":
            return f"'{name}' must be more than {context['gt']:g}, not {detail['input']}"
        case "greater_than_equal":
            return f"'{name}' must be at least {context['ge']}, not {detail['input']}"
        case "less_than_equal":
            return f"'{name}' must be at most {context['le']}, not {detail['input']}"
        case "string_too_short" | "too_short":
            return f"'{name}' must not be empty"
    message = detail["msg"]
    # pydantic's own words begin with a capital; JSON keeps its.
    return message[:1].lower() + message[1:] if message[1:2].islower() else message


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
