"""The JSON Schema says of each file what lint says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from agentrig.scenario import scenario_schema
from agentrig.steps import DEFAULT_KIND, step_kinds

HERE = Path(__file__).parent
DEMO = HERE.parents[2] / "scenarios" / "demo"

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
    models = {name: kinds.kind(name).model for name in kinds.names}
    schema = scenario_schema(models, default=DEFAULT_KIND)
    loaded: dict[str, Any] = json.loads(json.dumps(schema))
    return loaded


class Judge:
    """Judges values by the schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = jsonschema_rs.validator_for(schema)

    def problems(self, value: Any) -> list[str]:
        """List what is wrong with a value."""
        try:
            return [error.message for error in self._validator.iter_errors(value)]
        except ValueError as error:
            return [str(error)]  # it is no JSON: a key that is no text


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
    for model in schema["$defs"].values():
        if "properties" not in model:
            continue
        assert model["additionalProperties"] is (model.get("title") == "Matrix")
        for name, field in model["properties"].items():
            described = field.get("description") or "$ref" in field
            assert described, name
            # A variable that is null is taken away.
            assert name == "env" or '"type": "null"' not in json.dumps(field), name
