"""The matcher `schema`: JSON Schema 2020-12, inline or from a file beside the scenario."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from msgspec import Struct
from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from agentrig._redact import cut
from agentrig.checks._matcher import Matcher
from agentrig.checks._operands import check_json
from agentrig.checks._values import VALUE_CHARACTERS, name_type, path_text

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["SCHEMA", "CompiledSchema"]

# One mistake in a list is made in all of its elements.
SHOWN_PROBLEMS = 5


class CompiledSchema(Struct, frozen=True):
    """A schema that values are judged by."""

    validator: Draft202012Validator


def _operand(raw: Any, info: ValidationInfo) -> CompiledSchema:
    folder = (info.context or {}).get("folder") or Path()
    if isinstance(raw, str):
        file = folder / raw
        return _compile(_read(file, raw), file.absolute().as_uri(), inline=False)
    if not isinstance(raw, dict):
        raise PydanticCustomError(
            "schema",
            "'schema' must be a JSON Schema or the path of a file, not {what}",
            {"what": name_type(raw)},
        )
    return _compile(check_json(raw), folder.absolute().as_uri() + "/", inline=True)


def _read(file: Path, path: str) -> Any:
    try:
        schema = json.loads(file.read_bytes())
    except OSError as error:
        raise PydanticCustomError(
            "schema",
            "the schema '{path}' cannot be read: {problem}",
            {
                "path": path,
                "problem": error.strerror or str(error),
                "hint": "paths are relative to the file of the scenario",
            },
        ) from error
    except (ValueError, RecursionError) as error:
        raise PydanticCustomError(
            "schema",
            "the schema '{path}' is no JSON: {problem}",
            {"path": path, "problem": str(error)},
        ) from error
    return schema


def _compile(schema: Any, base_uri: str, *, inline: bool) -> CompiledSchema:
    import jsonschema_rs  # noqa: PLC0415  # only schemas need it

    try:
        return CompiledSchema(
            jsonschema_rs.Draft202012Validator(
                schema, base_uri=base_uri, retriever=_retrieve, validate_formats=True
            )
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        problem = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        within = getattr(error, "instance_path", [])
        context: dict[str, Any] = {"problem": cut(problem.partition("\n")[0], VALUE_CHARACTERS)}
        if inline:
            context["within"] = tuple(within)
        elif within:
            context["problem"] = f"at '{path_text(within)}': {context['problem']}"
        raise PydanticCustomError(
            "schema", "the schema is no JSON Schema (2020-12): {problem}", context
        ) from error


def _retrieve(uri: str) -> Any:
    """Read what a `$ref` names: a file; nothing is fetched from elsewhere."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise ValueError("only files can be referred to")
    return json.loads(Path(url2pathname(parts.path)).read_bytes())


def _schema(actual: Any, schema: CompiledSchema) -> str | None:
    if schema.validator.is_valid(actual):
        return None
    found = list(islice(schema.validator.iter_errors(actual), SHOWN_PROBLEMS + 1))
    lines = [
        f"  at '{path_text(one.instance_path)}': {cut(one.message, VALUE_CHARACTERS)}"
        for one in found[:SHOWN_PROBLEMS]
    ]
    if len(found) > SHOWN_PROBLEMS:
        lines.append("  and more")
    return "\n".join(["expected to conform to the schema", *lines])


SCHEMA = Matcher(
    operand=Annotated[
        Any,
        PlainValidator(_operand),
        WithJsonSchema({"type": ["object", "string"]}),
    ],
    problem=_schema,
    about="The value conforms to a JSON Schema (2020-12): inline, or a file's path from here.",
    example="{jq: ., schema: {type: object, required: [answer]}}",
)
