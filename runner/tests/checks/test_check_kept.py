"""A check that was read once is found again, and taken for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from agentrig.checks import Check

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = TypeAdapter(Check)


def read(raw: Any, *names: str) -> Check:
    return CHECKS.validate_python(raw, context={"names": frozenset(names)})


def test_same_check_is_read_once() -> None:
    written = {"jq": ".a", "equals": 1}
    assert read(dict(written)) is read(dict(written))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"jq": ".a", "equals": 1}, {"jq": ".a", "equals": True}),
        ({"jq": ".a", "equals": 1}, {"jq": ".a", "equals": 1.0}),
        ({"jq": ".a", "equals": "1"}, {"jq": ".a", "equals": 1}),
        ({"jq": ".a", "equals": 1}, {"jq": ".b", "equals": 1}),
        ({"jq": ".a", "ge": 1, "le": 2}, {"jq": ".a", "le": 2, "ge": 1}),
    ],
)
def test_checks_that_differ_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    for written in (one, other, one):
        bound = [(matcher.name, matcher.written) for matcher in read(written).matchers]
        expected = [(name, operand) for name, operand in written.items() if name != "jq"]
        assert repr(bound) == repr(expected)
    assert read(one) is not read(other)


def test_names_that_a_program_may_read_are_part_of_it() -> None:
    written = {"jq": ".a == $x", "equals": True}
    assert read(written, "x").subject.selector == ".a == $x"
    with pytest.raises(ValidationError, match="x"):
        read(written, "y")


def test_check_that_is_wrong_is_wrong_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValidationError, match="unknown key 'equls'"):
            read({"jq": ".a", "equls": 1})


def test_a_file_beside_the_scenario_is_another_beside_another(tmp_path: Path) -> None:
    for name, wanted in (("one", "string"), ("other", "number")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s.json").write_text(f'{{"type": "{wanted}"}}')
    written = {"jq": ".a", "schema": "s.json"}
    one, other = (
        CHECKS.validate_python(written, context={"folder": tmp_path / name})
        for name in ("one", "other")
    )
    assert one.matchers[0].problem("text") is None
    assert other.matchers[0].problem("text") is not None
