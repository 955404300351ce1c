"""The reference is what the models say, and all that it shows is executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from agentrig.checks import CannotMatchError, Check, Matchers, matchers
from agentrig.steps import step_kinds
from reference import EXAMPLES, JUDGEMENTS, Judgement, reference

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
EXAMPLE_FILES = sorted((ROOT / "scenarios" / "examples").glob("*.yaml"))
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def holds(operand: Any, value: Any) -> bool:
    try:
        return TypeAdapter(Matchers).validate_python(operand).problem(value) is None
    except CannotMatchError:
        return False


def test_it_is_what_generate_makes() -> None:
    assert reference() == PAGE, "run `make generate`"


def test_it_shows_nothing_but_parts_of_the_examples() -> None:
    """All of which runner/tests/examples runs."""
    texts = [file.read_text(encoding="utf-8") for file in EXAMPLE_FILES]
    blocks = _BLOCK.findall(PAGE)
    assert len(blocks) == sum(map(len, EXAMPLES.values()))
    for block in blocks:
        assert any(block in text for text in texts), block


def test_every_kind_and_every_key_of_a_kind_stands_in_it() -> None:
    for name in step_kinds().names:
        assert f"\n### {name}\n" in PAGE
        for field, info in step_kinds().kind(name).model.model_fields.items():
            assert f"`{info.alias or field}`" in PAGE, f"{name}: {field}"
        assert step_kinds().kind(name).gives, name
        assert EXAMPLES[name], name


def test_no_two_headings_have_one_anchor() -> None:
    titles = _HEADING.findall(_BLOCK.sub("", PAGE))
    anchors = {re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles}
    assert len(anchors) == len(titles)


def test_every_matcher_is_judged() -> None:
    assert JUDGEMENTS.keys() == set(matchers().names)
    for name, judgement in JUDGEMENTS.items():
        assert judgement.holds, name
        assert judgement.fails, name


@pytest.mark.parametrize(("name", "judgement"), JUDGEMENTS.items(), ids=list(JUDGEMENTS))
def test_a_matcher_says_what_the_reference_says(name: str, judgement: Judgement) -> None:
    for value in judgement.holds:
        assert holds({name: judgement.operand}, value), value
    for value in judgement.fails:
        assert not holds({name: judgement.operand}, value), value


@pytest.mark.parametrize("name", matchers().names)
def test_the_example_of_a_matcher_is_a_check(name: str) -> None:
    example = yaml.safe_load(matchers().matcher(name).example)
    check = TypeAdapter(Check).validate_python(example)
    assert name in str(example)
    assert check.matchers
