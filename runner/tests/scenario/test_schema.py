"""The JSON Schema says of each file what lint says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentrig.scenario import scenario_schema
from agentrig.steps import step_kinds

HERE = Path(__file__).parent
DEMO = HERE.parents[2] / "scenarios" / "demo"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}

KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "type", "required"),
    *("properties", "additionalProperties", "items", "minimum", "maximum"),
}

# What lint knows of a file and a schema does not: its syntax, its duplicates, what jq and URLs
# are, which endpoints there are.
BEYOND_A_SCHEMA = {
    *("bad_endpoint_url", "bad_header_name", "bad_method", "body_that_is_no_json"),
    *(
        "deep_nesting",
        "duplicate_key",
        "duplicate_key_of_another_type",
        "header_of_framing",
        "header_with_newline",
    ),
    *("jq_double_quoted", "jq_empty", "jq_folded_block", "jq_literal_block", "jq_plain"),
    *("jq_single_quoted", "jq_unclosed_if", "jq_unclosed_text", "jq_unknown_function"),
    *(
        "jq_unknown_variable",
        "jq_wide",
        "path_with_line_break",
        "path_without_slash",
        "surrogate_pair",
        "unknown_endpoint",
    ),
    "unquoted_moment",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    kinds = step_kinds()
    schema = scenario_schema([kinds.kind(name).model for name in kinds.names])
    loaded: dict[str, Any] = json.loads(json.dumps(schema))
    return loaded


class Judge:
    """Judges values by the keywords that the schema uses; any other is an error of this test."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._root = schema

    def problems(self, value: Any, schema: dict[str, Any] | None = None) -> list[str]:
        """List what is wrong with a value."""
        schema = self._root if schema is None else schema
        unknown = set(schema) - KEYWORDS
        assert not unknown, f"the schema uses {unknown}: teach this test"
        if "$ref" in schema:
            return self.problems(value, self._root["$defs"][schema["$ref"].rpartition("/")[2]])
        wanted = schema.get("type")
        if wanted and (
            not isinstance(value, TYPES[wanted])
            or (isinstance(value, bool) and wanted != "boolean")
        ):
            return [f"{value!r} is no {wanted}"]
        return [
            *self._in_mapping(value, schema),
            *self._in_list(value, schema),
            *_range(value, schema),
        ]

    def _in_mapping(self, value: Any, schema: dict[str, Any]) -> list[str]:
        if schema.get("type") != "object":
            return []
        fields, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        found = [f"no {name}" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            if not isinstance(name, str) or (rest is False and name not in fields):
                found.append(f"unknown {name}")
            else:
                found += self.problems(inner, fields.get(name, rest))
        return found

    def _in_list(self, value: Any, schema: dict[str, Any]) -> list[str]:
        items = schema.get("items", {}) if schema.get("type") == "array" else None
        return (
            [] if items is None else [one for inner in value for one in self.problems(inner, items)]
        )


def _range(value: Any, schema: dict[str, Any]) -> list[str]:
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    return [] if low == high == value or low <= value <= high else [f"{value} out of range"]


@pytest.fixture(scope="module")
def judge(schema: dict[str, Any]) -> Judge:
    return Judge(schema)


@pytest.mark.parametrize("file", sorted(DEMO.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_demos_conform(file: Path, judge: Judge) -> None:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert judge.problems(data) == []


@pytest.mark.parametrize(
    "file", sorted((HERE / "malformed").glob("*.yaml")), ids=lambda file: file.stem
)
def test_the_malformed_do_not(file: Path, judge: Judge) -> None:
    try:
        data = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, ValueError):
        return  # no YAML, for a schema no more than for lint
    assert bool(judge.problems(data)) is (file.stem not in BEYOND_A_SCHEMA)


def test_every_key_is_explained_and_none_may_be_null(schema: dict[str, Any]) -> None:
    for model in (schema, *schema["$defs"].values()):
        assert model["additionalProperties"] is False
        for name, field in model["properties"].items():
            described = field.get("description") or "$ref" in field
            assert described, name
            assert '"null"' not in json.dumps(field), name
