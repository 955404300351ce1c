"""The JSON Schema of a scenario, made from the models that check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from agentrig.scenario._model import ScenarioFields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

    from agentrig.scenario._model import Step

__all__ = ["scenario_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema(step_models: Sequence[type[Step]]) -> dict[str, Any]:
    """Give one schema whose steps may be of any of the given kinds."""
    models: list[type[BaseModel]] = [*step_models]
    refs, definitions = models_json_schema(
        [(model, "validation") for model in models], schema_generator=_Generator
    )
    steps = [refs[model, "validation"] for model in step_models]
    scenario = ScenarioFields.model_json_schema(schema_generator=_Generator)
    scenario["properties"]["steps"]["items"] = steps[0] if len(steps) == 1 else {"anyOf": steps}
    return {
        "$schema": _DIALECT,
        **scenario,
        "title": "agentrig scenario",
        "description": "One end-to-end test of an agent: requests in order, and checks on each.",
        "$defs": definitions["$defs"],
    }


class _Generator(GenerateJsonSchema):
    """None is how a model says that a key is absent; a key without a value is a mistake."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)
