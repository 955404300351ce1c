"""The JSON Schema of a scenario document, made from the models that check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from agentrig.scenario._controls import StepControls, UsesStep
from agentrig.scenario._model import DefinitionFields, ScenarioFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
    from pydantic_core import core_schema

__all__ = ["scenario_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPRESSION = {"type": "string", "pattern": r"\$\{", "description": "`${name}` or `${name | jq}`"}
# These are read before anything is filled in.
_PLAIN = {field.alias or name for name, field in StepControls.model_fields.items()} - {"name"}
_HEADER = ("proxy_port", "control_port")
# What says something about a key, and nothing about its value.
_ABOUT = ("title", "description", "default", "examples")


def scenario_schema(
    step_models: Mapping[str, type[StepControls]], *, default: str
) -> dict[str, Any]:
    """Give the schema of one YAML document; `step_models` are by the key that marks a kind.

    A step without any of the keys is of the kind `default`.
    """
    own: list[type[BaseModel]] = [ScenarioFields, DefinitionFields, UsesStep]
    mode: JsonSchemaMode = "validation"
    models = [*own, *step_models.values()]
    refs, made = models_json_schema(
        [(model, mode) for model in models], schema_generator=_Generator
    )
    definitions: dict[str, Any] = made["$defs"]
    scenario, definition = (refs[model, mode]["$ref"].rpartition("/")[2] for model in own[:2])
    for name, schema in definitions.items():
        if name not in {scenario, definition}:
            _allow_expressions(schema)
    for key in _HEADER:
        _allow_expression(definitions[scenario]["properties"], key)
    kinds = {key: refs[model, mode] for key, model in step_models.items()}
    kinds["uses"] = refs[UsesStep, mode]
    definitions["AnyStep"] = _any_step(kinds, definitions, default=default)
    definitions["Expression"] = _EXPRESSION
    for name in (scenario, definition):
        for key in ("setup", "steps", "teardown"):
            if key in definitions[name]["properties"]:
                definitions[name]["properties"][key]["items"] = {"$ref": "#/$defs/AnyStep"}
    for schema in definitions.values():
        _write_for_editors(schema)
    return {
        "$schema": _DIALECT,
        "title": "agentrig scenario",
        "description": "One end-to-end test of an agent, or steps that others reuse.",
        "type": "object",
        "if": _has("define"),
        "then": {"$ref": f"#/$defs/{definition}"},
        "else": {"$ref": f"#/$defs/{scenario}"},
        "$defs": definitions,
    }


def _any_step(
    kinds: Mapping[str, Any], definitions: Mapping[str, Any], *, default: str
) -> dict[str, Any]:
    """Choose a step's schema by the key that marks its kind."""
    step = kinds[default]
    # What an editor offers where none of the keys stands yet.
    marks = {}
    for key, reference in kinds.items():
        if key != default:
            step = {"if": _has(key), "then": reference, "else": step}
            model = definitions[reference["$ref"].rpartition("/")[2]]
            marks[key] = {"description": model["description"]}
    return {"properties": marks, **step}


def _has(key: str) -> dict[str, Any]:
    # A step that is still to be written is null to an editor, which has any key.
    return {"type": "object", "required": [key]}


def _write_for_editors(schema: Any, key: str | None = None) -> None:
    """Let editors show code as such, and call a value by its key.

    `markdownDescription` is what those built on VS Code's libraries show where it stands.
    """
    if isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        about = schema.get("description")
        if isinstance(about, str):
            schema |= {"title": key} if key else {}
            schema |= {"markdownDescription": about} if "`" in about else {}
    for name, part in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if name == "properties":
            for one, value in part.items():
                _write_for_editors(value, one)
        elif isinstance(part, dict | list):
            _write_for_editors(part)


def _allow_expressions(model: dict[str, Any]) -> None:
    """Let `${...}` stand for every value of a step that is filled in."""
    for key in model.get("properties", {}):
        if key not in _PLAIN:
            _allow_expression(model["properties"], key)


def _allow_expression(properties: dict[str, Any], key: str) -> None:
    about = {word: properties[key][word] for word in _ABOUT if word in properties[key]}
    value = {word: said for word, said in properties[key].items() if word not in _ABOUT}
    plain_text = value.get("type") == "string" and value.keys() <= {"type"}
    if value and not plain_text:
        properties[key] = {**about, "anyOf": [value, {"$ref": "#/$defs/Expression"}]}


class _Generator(GenerateJsonSchema):
    """None is how a model says that a key is absent; a key without a value is a mistake."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        made = super().default_schema(schema)
        if made.get("type") == "string" and not isinstance(made.get("default"), str):
            # A duration or a size is a number once it is read; the description says it as text.
            made.pop("default", None)
        return made

    def handle_invalid_for_json_schema(
        self,
        schema: Any,  # noqa: ARG002  # pydantic's signature
        error_info: str,  # noqa: ARG002  # as above
    ) -> JsonSchemaValue:
        """Let anything stand where a kind checks a value by code alone."""
        return {}
