"""The excerpt shows the right part of any line, and nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig._excerpt import MAX_COLUMNS, printable, render_excerpt, render_mistakes
from agentrig.errors import Mistake, Position

ASCII = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def position(text: str, column: int = 1, length: int = 1, line: int = 7) -> Position:
    return Position(path="f.yaml", line=line, column=column, length=length, text=text)


def underlined(excerpt: str) -> str:
    """Give what stands above the carets."""
    _, _, shown, marks = excerpt.split("\n")
    start = marks.index("^")
    return shown[start : start + marks.count("^")]


@given(text=ASCII, data=st.data())
def test_the_carets_stand_below_the_span(text: str, data: st.DataObject) -> None:
    column = data.draw(st.integers(1, len(text)))
    length = data.draw(st.integers(1, len(text) - column + 1))
    line = data.draw(st.integers(1, 12345))
    excerpt = render_excerpt(position(text, column, length, line))
    expected = text[column - 1 : column - 1 + length]
    assert expected.startswith(underlined(excerpt))
    assert excerpt.split("\n")[0].endswith(f"--> f.yaml:{line}:{column}")
    if len(text) <= MAX_COLUMNS:
        assert underlined(excerpt) == expected


@given(text=LINES, note=LINES, data=st.data())
def test_any_line_makes_four_lines_that_are_safe_to_show(
    text: str, note: str, data: st.DataObject
) -> None:
    column = data.draw(st.integers(1, len(text) + 1))
    length = data.draw(st.integers(1, 60))
    excerpt = render_excerpt(position(text, column, length), note)
    assert excerpt.count("\n") == 3
    assert not {"Cc", "Zl", "Zp"} & {
        unicodedata.category(character) for character in excerpt.replace("\n", "")
    }
    assert "^" in excerpt.split("\n")[3]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(excerpt)


@given(before=st.integers(0, 5000), after=st.integers(0, 5000), length=st.integers(1, 20))
def test_a_long_line_is_shown_around_the_fault(before: int, after: int, length: int) -> None:
    text = "a" * before + "X" * length + "b" * after
    excerpt = render_excerpt(position(text, before + 1, length))
    assert underlined(excerpt) == "X" * length
    assert max(len(line) for line in excerpt.split("\n")) <= MAX_COLUMNS + len("7 | ")


@pytest.mark.parametrize(
    ("before", "cells"),
    [
        ("ab", 2),
        ("é", 1),
        ("e\u0301", 1),  # a combining accent stands over its letter
        ("漢字", 4),
        ("ｈ", 2),  # noqa: RUF001  # a full-width letter is what this is about
        ("한국", 4),
        ("\U0001f642", 2),
        ("\t", 1),
        ("\u200d", 0),
    ],
)
def test_characters_count_as_wide_as_terminals_show_them(before: str, cells: int) -> None:
    marks = render_excerpt(position(f"{before}X", len(before) + 1)).split("\n")[3]
    assert marks == "  | " + " " * cells + "^"
    marks = render_excerpt(position(f"{before}X", 1, len(before))).split("\n")[3]
    assert marks.count("^") == max(1, cells)


def test_control_characters_are_escaped_in_words_and_replaced_in_lines() -> None:
    assert printable("a\x1b[31mb\n\u202e") == "a\\x1b[31mb\\n\\u202e"
    mistake = Mistake(message="key 'a\nb'", at=position("a\x07b"), hint="not\r\nthis")
    assert render_mistakes([mistake]) == (
        "error: key 'a\\nb'\n --> f.yaml:7:1\n  |\n7 | a\ufffdb\n  | ^ not\\r\\nthis"
    )


def test_mistakes_stand_apart() -> None:
    mistake = Mistake(message="m", at=position("x"))
    assert render_mistakes([mistake, mistake]).count("\n\nerror: m") == 1
    assert render_mistakes([]) == ""
