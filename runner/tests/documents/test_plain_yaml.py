"""What the fast reader takes is what PyYAML's safe loader gives; what it refuses, PyYAML reads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentrig.documents._plain_yaml import MAX_DEPTH, NotPlainError, load_plain

ROOT = Path(__file__).parents[3]

# Pieces that files are made of, and what makes them unlike plain ones.
PIECES = (
    *("a", "b: ", "? ", ": ", "- ", "\n", "\n  ", "\n    ", " ", "[", "]", "{", "}", ", "),
    *("&x ", "*x", "<<: ", "=", "!", "!!str ", "!!int ", "!!set ", "!t ", "| \n", ">-\n", "#", "%"),
    *("'", '"', "''", '"\\n"', "1", "0x1F", "0b1_", "0o7", "017", "1_0", "1:30", "-.inf", ".nan"),
    *("~", "null", "Yes", "off", "y", "true", "1.5e+3", "1e3", "2001-01-01", "é", "\t", "\ufeff"),
    *("---\n", "\n--- ", "...\n", "%YAML 1.1\n---\n", "\x85", "\u2028", "\x07"),
)

texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["y", "no", "1_0", "0x1", "=", "<<", "~", "1:2", ".5", "+1", "1e3", "-", "&a"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(scalars, inner, max_size=4),
    max_leaves=20,
)


def same(one: Any, other: Any) -> bool:
    """Compare by type too, as 1 is not true here; the order of keys counts."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return same([list(pair) for pair in one.items()], [list(pair) for pair in other.items()])
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def by_pyyaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


@given(texts)
@example("a: ! '1'")
@example("! {a: 1}")
@example("a: 1\n--- b\n---\n")
@example("# nothing")
def test_what_is_taken_is_what_pyyaml_gives(text: str) -> None:
    try:
        documents = [one.data for one in load_plain(text)]
    except NotPlainError:
        return
    assert same(documents, by_pyyaml(text))


styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([None, True, False]),
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
    }
)


@given(values, styles)
def test_data_that_pyyaml_writes_is_taken(value: Any, style: dict[str, Any]) -> None:
    text = yaml.dump(value, allow_unicode=True, **style)
    expected = by_pyyaml(text)
    try:
        documents = [one.data for one in load_plain(text)]
    except NotPlainError:
        # PyYAML writes an anchor for a value that stands twice, and a tag for a styled number.
        assert "&" in text or "!" in text or "? " in text
        return
    assert same(documents, expected)


@pytest.mark.parametrize(
    "text",
    [
        "&a 1",
        "[&a 1, *a]",
        "a: &a [*a]",
        "{a: 1}\n---\n*b",
        "<<: {a: 1}",
        "a: =",
        "=: 1",
        "!!str 1",
        "!t x",
        "!!map {a: 1}",
        "!!seq [a]",
        "{a: 1, a: 2}",
        "{1: a, true: b}",
        "[a]: b",
        "{a: b}: c",
        "2001-01-01",
        "0b_",
        "a: [",
        "a: \x07",
        "%TAG ! t:\n---\n!x 1",
    ],
)
def test_what_is_more_than_plain_is_left_to_pyyaml(text: str) -> None:
    with pytest.raises(NotPlainError):
        load_plain(text)


def test_ampersands_in_text_are_plain() -> None:
    [document] = load_plain("path: /a?b=1&c=2\nq: 'x &y'")
    assert document.data == {"path": "/a?b=1&c=2", "q": "x &y"}


def test_document_tells_where_it_begins() -> None:
    assert load_plain("# one\n\na: 1\n---\n# two\n- b\n--- c\n---\n") == [
        (2, {"a": 1}),
        (5, ["b"]),
        (6, "c"),
        (8, None),
    ]


def test_as_deep_as_pyyaml_is_allowed_to_go() -> None:
    assert load_plain("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(NotPlainError):
        load_plain("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_every_scenario_of_this_repository_is_plain() -> None:
    files = [*ROOT.glob("scenarios/**/*.yaml")]
    assert files
    for file in files:
        text = file.read_text("utf-8")
        assert same([one.data for one in load_plain(text)], by_pyyaml(text)), file
