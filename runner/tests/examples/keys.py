"""Which keys the language has, by its models, and which of them a file uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from agentrig.checks import Capture, Check, Matchers, matchers
from agentrig.checks._subject import PLAIN, SELECTING
from agentrig.scenario import StrictModel

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Key", "keys_in", "keys_of"]

Key = tuple[str, str]
"""A mapping, by what it is, and one of its keys: `("Retry", "count")`."""

SUBJECTS = (*SELECTING, *PLAIN)


def keys_of(*models: type[StrictModel]) -> set[Key]:
    """List all keys of models and of what they are made of, and all of checks and matchers."""
    found: set[Key] = {("subject", name) for name in SUBJECTS}
    seen: set[Any] = set()
    waiting: list[Any] = [*models]
    for name in matchers().names:
        found.add(("matcher", name))
        waiting += _classes_in(matchers().matcher(name).operand)
    while waiting:
        model = waiting.pop()
        if model in seen or not issubclass(model, StrictModel):
            continue
        seen.add(model)
        for name, field in model.model_fields.items():
            found.add((_owner(model, name), field.alias or name))
            waiting += _classes_in(field.annotation)
    return found


def keys_in(value: dict[str, Any], model: type[StrictModel]) -> Iterator[Key]:
    """List the keys that a mapping uses, at any depth."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in value:
            yield _owner(model, name), key
            yield from _keys_within(value[key], field.annotation)


def _owner(model: type[StrictModel], name: str) -> str:
    """Name the class that a key comes from: what several kinds share needs one example."""
    classes = [cls for cls in model.__mro__ if name in getattr(cls, "model_fields", {})]
    return classes[-1].__name__


def _keys_within(value: Any, annotation: Any) -> Iterator[Key]:
    for cls in _classes_in(annotation):
        for mapping in _mappings(value, by_name=_is_by_name(annotation)):
            if cls in {Check, Capture, Matchers}:
                yield from _keys_of_check(mapping)
            elif issubclass(cls, StrictModel):
                yield from keys_in(mapping, cls)


def _keys_of_check(value: dict[str, Any]) -> Iterator[Key]:
    """List subjects and matchers of a check, a capture or a mapping of matchers."""
    for name, operand in value.items():
        if name in SUBJECTS:
            yield "subject", name
            if name in PLAIN and isinstance(operand, dict):
                yield from _keys_of_check(operand)
        elif name in matchers().names:
            yield "matcher", name
            yield from _keys_within(operand, matchers().matcher(name).operand)


def _mappings(value: Any, *, by_name: bool) -> list[dict[str, Any]]:
    """Find the mappings that a value is, or is a list of, or has under names of the user's."""
    values = value if isinstance(value, list) else [value]
    if by_name and isinstance(value, dict):
        values = list(value.values())
    return [one for one in values if isinstance(one, dict)]


def _is_by_name(annotation: Any) -> bool:
    inner = get_args(annotation)
    return get_origin(annotation) is dict or any(_is_by_name(one) for one in inner)


def _classes_in(annotation: Any) -> list[type]:
    """Find the classes that an annotation is made of."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation]
    return [cls for inner in get_args(annotation) for cls in _classes_in(inner)]
