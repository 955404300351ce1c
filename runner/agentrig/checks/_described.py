"""Checks as an editor sees them: models of which only the JSON Schema is used.

What checks them is the code of `_check.py` and `_bound.py`, which imports no matcher that a file
does not use, and costs a start nothing: a model of 30 fields takes milliseconds to build.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic_core import core_schema

from agentrig.checks._registry import matchers
from agentrig.checks._subject import PLAIN, SELECTING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = ["describe"]

_under_way: set[type[BaseModel]] = set()


def describe(name: str, matchers_type: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """Refer to the JSON Schema of `Matchers`, `Check` or `Capture`, made when first wanted.

    `matchers_type` is what stands where matchers are nested; it may lead here again.
    """
    model = _model(name, matchers_type)
    schema = model.__pydantic_core_schema__
    reference = core_schema.definition_reference_schema(schema["ref"])
    if model not in _under_way:
        _under_way.add(model)
        try:
            handler(core_schema.definitions_schema(reference, [schema]))
        finally:
            _under_way.remove(model)
    # pydantic would put a bare reference's definition in its place, or miss it within itself.
    return {"allOf": [handler(reference)]}


@cache
def _model(name: str, matchers_type: Any) -> type[BaseModel]:
    texts = {kind: (str, _field(kind, about)) for kind, about in SELECTING.items()}
    if name == "Capture":
        marks = {kind: (Literal[True], _field(kind, about)) for kind, about in PLAIN.items()}
        return _made(name, {**texts, **marks}, one_of=(*SELECTING, *PLAIN))
    judges = {
        one: (matcher.operand, _field(one, f"{matcher.about} Example: `{matcher.example}`"))
        for one in matchers().names
        for matcher in [matchers().matcher(one)]
    }
    if name == "Matchers":
        return _made(name, judges)
    holders = {kind: (matchers_type, _field(kind, about)) for kind, about in PLAIN.items()}
    return _made(name, {**texts, **holders, **judges}, one_of=(*SELECTING, *PLAIN))


def _made(name: str, fields: dict[str, Any], *, one_of: Iterable[str] = ()) -> type[BaseModel]:
    extra: dict[str, Any] = {"minProperties": 1}
    if one_of:
        extra["oneOf"] = [{"required": [kind]} for kind in one_of]
    # Fields have other names than their keys: `schema` and `not` mean something in Python.
    named = {f"key_{key}": field for key, field in fields.items()}
    config = ConfigDict(extra="forbid", json_schema_extra=extra)
    return create_model(name, __config__=config, **named)


def _field(key: str, about: str) -> Any:
    return Field(default=None, alias=key, description=about)
