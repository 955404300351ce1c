"""Walks over documents as they are written, beside the models that say what stands where."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from msgspec import Struct
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic.fields import FieldInfo

    from agentrig.documents import Document
    from agentrig.scenario import StepControls

__all__ = ["LintedDocument", "Part", "RawStep", "read_step", "values_below"]

Location = tuple[str | int, ...]


class RawStep(Struct, frozen=True, kw_only=True):
    """A step as it is written; `model` is what its kind reads it as, None for `uses`.

    `parts` are the values that its model knows of, from the step itself down.
    """

    location: Location
    raw: Mapping[str, Any]
    model: type[StepControls] | None
    parts: Sequence[Part]


class LintedDocument(Struct, frozen=True, kw_only=True):
    """A document without mistakes; `folder` is where the files lie that it names.

    `values` are all that hold no others, with their places.
    """

    document: Document
    data: Mapping[str, Any]
    values: Sequence[tuple[Location, Any]]
    folder: Path
    steps: Sequence[RawStep]


class Part(Struct, frozen=True, kw_only=True):
    """A value, the type that its model has for it, and the marks that `Annotated` adds."""

    location: Location
    type: Any
    marks: tuple[Any, ...]
    value: Any


def read_step(raw: Mapping[str, Any], model: type[StepControls] | None, at: Location) -> RawStep:
    """Walk over a step."""
    parts = tuple(_parts(model, (), raw, at)) if model is not None else ()
    return RawStep(location=at, raw=raw, model=model, parts=parts)


def values_below(value: Any, location: Location = ()) -> Iterator[tuple[Location, Any]]:
    """List all values that hold no others; what an alias stands for comes once."""
    yield from _values(value, location, set())


def _values(value: Any, location: Location, seen: set[int]) -> Iterator[tuple[Location, Any]]:
    if not isinstance(value, dict | list):
        yield location, value
    elif id(value) not in seen:
        seen.add(id(value))
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in entries:
            yield from _values(one, (*location, key), seen)


def _parts(kind: Any, marks: tuple[Any, ...], value: Any, location: Location) -> Iterator[Part]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _parts(args[0], (*marks, *args[1:]), value, location)
    elif origin in {Union, UnionType}:
        for one in args:
            if one is not type(None):
                yield from _parts(one, marks, value, location)
    elif origin in {list, tuple, dict}:
        of, entries = args[-1 if origin is dict else 0], _entries(origin, value)
        for key, one in entries:
            yield from _parts(of, (), one, (*location, key))
    else:
        yield Part(location=location, type=kind, marks=marks, value=value)
        yield from _fields(kind, value, location)


def _entries(origin: Any, value: Any) -> Iterable[tuple[str | int, Any]]:
    if origin is dict:
        return value.items() if isinstance(value, dict) else ()
    return enumerate(value) if isinstance(value, list) else ()


def _fields(kind: Any, value: Any, location: Location) -> Iterator[Part]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(value, dict):
        fields = _fields_by_key(kind)
        for key, one in value.items():
            if field := fields.get(key):
                yield from _parts(field.annotation, tuple(field.metadata), one, (*location, key))


@cache
def _fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}
