"""The JSON Schema says of each file what lint says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from agentrig.checks import matchers
from agentrig.scenario import scenario_schema
from agentrig.steps import DEFAULT_KIND, step_kinds

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OURS = sorted(
    file
    for folder in ("scenarios/demo", "scenarios/examples", "runner/tests/lint/bad")
    for file in (ROOT / folder).glob("*.yaml")
)

# What editors know: draft 7 (https://json-schema.org/draft-07), and `$defs`, which is only a name.
DRAFT_7 = {
    *("$schema", "$ref", "$defs", "title", "description", "default", "examples", "type", "enum"),
    *("const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "items", "minItems", "maxItems", "uniqueItems"),
    *("properties", "required", "additionalProperties", "propertyNames", "minProperties"),
    *("maxProperties", "patternProperties", "if", "then", "else", "anyOf", "allOf", "oneOf"),
    *("not", "contentEncoding", "markdownDescription"),
}

# What lint knows of a file and a schema does not: its syntax, its duplicates, what jq and URLs
# are, which endpoints there are.
BEYOND_A_SCHEMA = {
    *("bad_endpoint_url", "bad_header_name", "bad_method", "body_that_is_no_json"),
    *(
        "deep_nesting",
        "duplicate_key",
        "duplicate_key_of_another_type",
        "file_names_with_zero_bytes",
        "header_of_framing",
        "header_with_newline",
    ),
    *("jq_double_quoted", "jq_empty", "jq_folded_block", "jq_literal_block", "jq_plain"),
    "manifests_that_are_none",
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


@pytest.mark.parametrize("file", OURS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_run_accepts_conforms(file: Path, judge: Judge) -> None:
    for data in yaml.safe_load_all(file.read_text(encoding="utf-8")):
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
    for model_name, model in schema["$defs"].items():
        if "additionalProperties" not in model:
            continue
        assert model["additionalProperties"] is (model_name == "Matrix")
        for name, field in model["properties"].items():
            assert field.get("description"), f"{model_name}.{name}"
            # A type by the name of null, and variables that null takes away.
            assert model_name in {"Check", "Matchers", "SetEnv"} or '"null"' not in json.dumps(
                field
            ), name


def test_editors_know_all_keywords(schema: dict[str, Any]) -> None:
    found: set[str] = set()

    def walk(part: Any, *, is_schema: bool = True) -> None:
        if isinstance(part, dict):
            found.update(part if is_schema else ())
            for key, value in part.items():
                if not is_schema or key not in {"default", "examples", "enum", "const"}:
                    maps = is_schema and key in {"properties", "$defs", "patternProperties"}
                    walk(value, is_schema=not maps)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(schema)
    assert found <= DRAFT_7


@pytest.mark.parametrize("model", ["Check", "Matchers"])
def test_editors_offer_every_matcher_with_an_example(schema: dict[str, Any], model: str) -> None:
    offered = schema["$defs"][model]["properties"]
    for name in matchers().names:
        assert matchers().matcher(name).example in offered[name]["markdownDescription"]


def test_editors_offer_every_kind_in_a_step_that_is_still_empty(schema: dict[str, Any]) -> None:
    step = schema["$defs"]["AnyStep"]
    kinds = {*step_kinds().names, "uses"} - {DEFAULT_KIND}
    assert step["properties"].keys() == kinds
    judge = jsonschema_rs.validator_for({"$ref": "#/$defs/AnyStep", "$defs": schema["$defs"]})
    # To an editor it is null, which must lead to the keys of a request.
    while "if" in step:
        assert not jsonschema_rs.is_valid(step["if"], None)
        step = step["else"]
    assert step == {"$ref": "#/$defs/HttpStep"}
    assert judge.is_valid({"path": "/"})


@pytest.mark.parametrize(
    "expect",
    [
        {"checks": [{"jq": ".a", "equal": 1}]},
        {"checks": [{"jq": ".a", "gt": "1"}]},
        {"checks": [{"jq": ".a", "status": {"equals": 1}}]},
        {"checks": [{"equals": 1}]},
        {"checks": [{"status": 200}]},
        {"checks": [{"jq": ".a", "any": {"equals": 1}}]},
        {"checks": [{"jq": ".a", "each": {"each": {"nope": 1}}}]},
        {"status": 99},
        {"statuz": 200},
    ],
    ids=str,
)
def test_a_wrong_check_is_underlined(expect: dict[str, Any], judge: Judge) -> None:
    right = {"name": "x", "steps": [{"path": "/", "expect": {"status": 200}}]}
    assert judge.problems(right) == []
    assert judge.problems({"name": "x", "steps": [{"path": "/", "expect": expect}]}) != []
