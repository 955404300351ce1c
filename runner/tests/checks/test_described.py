"""What the schema for editors says of a check is what the loader says, as far as it can."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import yaml
from pydantic import TypeAdapter

from agentrig.checks import Capture, Check, matchers
from tests.checks.test_mistakes import MISTAKES
from tests.support.judged import Judged


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(Judged.model_json_schema())


def step(check: Any) -> dict[str, Any]:
    return {"expect": {"checks": [check]}}


@pytest.mark.parametrize("name", matchers().names)
def test_every_example_conforms_and_loads(name: str, validator: jsonschema_rs.Validator) -> None:
    check = yaml.safe_load(matchers().matcher(name).example)
    assert list(map(str, validator.iter_errors(step(check)))) == []
    loaded = TypeAdapter(Check).validate_python(check)
    assert name in [bound.name for bound in loaded.matchers]


# What needs a look at the text, at other files or at two values at once.
BEYOND_A_SCHEMA = {
    *('{regex: "(a", exists: true}', "{jq: .a |, equals: 1}", "{jq: .a}"),
    *(
        "{jq: .a == $request_ix, equals: true}",
        '{jq: " ", equals: 1}',
        '{cookie: "", exists: true}',
    ),
    *('{jq: .a, matches: "a**"}', "{jq: .a, equals: {1: 2}}"),
    *("{jq: .a, contains: {x: [.nan]}}", "{jq: .a, between: [3, 1]}"),
    *("{jq: .a, close_to: {value: 1}}", "{jq: .a, close_to: {value: 1, tolerance: -1}}"),
}


@pytest.mark.parametrize(
    "written",
    [line.strip()[2:] for text in MISTAKES.values() for line in text.strip().splitlines()],
)
def test_what_is_wrong_does_not_conform(written: str, validator: jsonschema_rs.Validator) -> None:
    try:
        conforms = validator.is_valid(step(yaml.safe_load(written)))
    except ValueError:
        conforms = False  # it is no JSON: a key that is no text
    if "schema: " not in written:
        assert conforms is (written in BEYOND_A_SCHEMA)


def test_captures_conform(validator: jsonschema_rs.Validator) -> None:
    assert validator.is_valid({"capture": {"a": {"jq": ".a"}, "b": {"status": True}}})
    for wrong in ({}, {"status": 1}, {"jq": ".a", "header": "b"}, {"heder": "x"}):
        assert not validator.is_valid({"capture": {"a": wrong}})


def test_every_key_is_explained() -> None:
    for model in (Check, Capture):
        schema = TypeAdapter(model).json_schema()
        name = schema["allOf"][0]["$ref"].rpartition("/")[2]
        for key, described in schema["$defs"][name]["properties"].items():
            assert described["description"], key
