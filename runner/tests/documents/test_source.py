"""Whatever a file holds: it loads, or its mistakes have places in it that are right."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentrig._excerpt import render_mistakes
from agentrig.documents import Source
from agentrig.errors import ScenarioError
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
# A comment.
name: "A \\"good\\" one: 漢字"
agent: gymcoach
proxy_port: 4000
tags: [smoke, 'it''s']
steps:
  - &first
    name: Ask
    method: POST
    path: /chat?q=é
    headers: {x-a: b, "x-c": "d"}
    body: {message: hello, n: [1, 2.5, true, ~]}
    expect:
      status: 200
      jq: '.a | length'
      equals: 3
      headers_present:
        - x-d
  - <<: *first
    path: /x
    expect:
      jq: |
        .b
        | .c
      contains: z
"""

TOKENS = st.sampled_from(
    [
        *(
            "\t",
            "\n",
            "\r",
            "  ",
            "[",
            "]",
            "{",
            "}",
            "'",
            '"',
            "\\",
            ":",
            ": ",
            "- ",
            "&a ",
            "*a",
            "!",
        ),
        *(
            "!!int ",
            "!!binary ",
            "!!set ",
            "!!timestamp ",
            "|",
            ">",
            "#",
            "%",
            "@",
            "? ",
            "<<: ",
            "~",
        ),
        *(
            "\x00",
            "\x07",
            "\x85",
            "\u2028",
            "\ufeff",
            "漢",
            "\U0001f642",
            "0x",
            "1_0",
            "1e999",
            "=",
        ),
        *(
            "2024-01-01",
            "status",
            "jq",
            "steps",
            "---\n",
            "...\n",
            ".nan",
            "0o8",
            "08",
            "1:60",
            "yes",
        ),
    ]
)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Give a good file with a few parts taken out, put in or doubled."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(len(text), begin + 12)))
        middle = draw(TOKENS | st.just("") | st.text(max_size=3) | st.just(text[begin:end] * 2))
        text = text[:begin] + middle + text[end:]
    return text


def load(folder: Path, content: bytes) -> ScenarioError | None:
    file = folder / "file.yaml"
    file.write_bytes(content)
    try:
        (scenario,) = load_scenarios(file, step_kinds(), endpoints=["proxy", "control"])
    except ScenarioError as error:
        return error
    assert scenario.name is not None
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source")


def test_the_good_file_is_good(folder: Path) -> None:
    assert load(folder, GOOD.encode()) is None


@given(content=broken().map(lambda text: text.encode(errors="replace")) | st.binary())
@example(content=b"steps: &a [*a, !!int x]\nname: &b {*b : *b}")
@example(content=b"name: !!float x\nsteps: []")
@example(content=b"name: x\nsteps: !!set [a]")
@example(content=b"name: x\nsteps: [{<<: {}}]\ntags: !!int x")
@example(content=b"name: !!bool x\nsteps: []")
@example(content=b"name: x\nsteps: []\nproxy_port: 0b_")
@example(content=b"? !!binary aa\n: 1\n=: 2")
def test_any_file_loads_or_has_mistakes_that_lie_in_it(folder: Path, content: bytes) -> None:
    error = load(folder, content)
    if error is None:
        return
    lines = content.decode(errors="replace").splitlines() or [""]
    assert error.mistakes
    for mistake in error.mistakes:
        at = mistake.at
        assert 1 <= at.line <= len(lines) + 1
        assert at.length >= 1
        assert 1 <= at.column <= len(at.text) + 1
        assert at.text == "" or at.text.strip("\ufffd")[:20] in content.decode(errors="replace")
        assert mistake.message
    places = [(mistake.at.line, mistake.at.column) for mistake in error.mistakes]
    assert places == sorted(places), "in file order"
    assert len(set(error.mistakes)) == len(error.mistakes), "said once"
    shown = render_mistakes(error.mistakes)
    unsafe = {"Cc", "Zl", "Zp"}
    assert not unsafe & {unicodedata.category(sign) for sign in shown.replace("\n", "")}


# The place of a value.

# PyYAML's own emitter does not escape the line breaks that only Unicode knows.
_TEXTS = st.text(st.characters(exclude_characters="\x85\u2028\u2029", codec="utf-8"), max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers() | _TEXTS
_KEYS = _TEXTS | st.sampled_from(["a", "on", "1", "<<", "~"])
DATA = st.dictionaries(
    _KEYS,
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def leaves(value: Any, location: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*location, key))]
    if isinstance(value, list) and value:
        return [leaf for i, inner in enumerate(value) for leaf in leaves(inner, (*location, i))]
    return [(location, value)]


@given(
    data=DATA,
    flow=st.sampled_from([True, False, None]),
    unicode=st.booleans(),
    style=st.sampled_from(["'", '"', None]),
    line_break=st.sampled_from(["\n", "\r\n"]),
)
@example(data={"a": ["0\xa0"]}, flow=False, unicode=True, style=None, line_break="\n")
def test_every_value_is_found_where_it_stands(
    data: dict[str, Any],
    *,
    flow: bool | None,
    unicode: bool,
    style: str | None,
    line_break: str,
) -> None:
    text = yaml.safe_dump(
        data,
        default_flow_style=flow,
        allow_unicode=unicode,
        default_style=style,
        line_break=line_break,
        width=10_000,
        sort_keys=False,
    )
    source = Source("f.yaml", text)
    assert source.parse() == data
    for location, value in leaves(data):
        at = source.locate(location)
        written = at.text[at.column - 1 : at.column - 1 + at.length]
        spans_lines = isinstance(value, str) and "\n" in value
        if not spans_lines:
            assert yaml.safe_load(written) == value
        if location:
            key = source.locate(location, key=True)
            written = key.text[key.column - 1 : key.column - 1 + key.length]
            if isinstance(location[-1], str) and "\n" not in location[-1]:
                assert yaml.safe_load(written.removeprefix("? ")) == location[-1]


@given(
    value=st.text(alphabet="ab '\"\\é漢|.#:\t", min_size=1, max_size=10),
    style=st.sampled_from(["'", '"', None, "|", ">"]),
    data=st.data(),
)
def test_a_character_of_a_text_is_found_where_it_stands(
    value: str, style: str | None, data: st.DataObject
) -> None:
    text = yaml.safe_dump({"k": [{"x": value}]}, default_style=style, width=10_000)
    source = Source("f.yaml", text)
    offset = data.draw(st.integers(0, len(value) - 1))
    at = source.locate_text(("k", 0, "x"), offset, 1)
    if at.text[at.column - 1] in "|>" and style in {"|", ">", None}:
        return  # YAML may fold these: the whole value is shown
    written = at.text[at.column - 1 : at.column + 9]
    wanted = value[offset]
    assert written.startswith((wanted, "\\")), (text, written, wanted)


def test_a_location_that_leads_nowhere_gives_what_is_above_it() -> None:
    source = Source("f.yaml", "a:\n  b: [1, 2]\n")
    assert str(source.locate(("a", "b", 7, "c"))) == "f.yaml:2:6"
    assert str(source.locate(("a", "x"))) == "f.yaml:2:3"
    assert str(source.locate(("x",))) == "f.yaml:1:1"
    assert str(Source("f.yaml", "").locate(("x",))) == "f.yaml:1:1"


def test_a_value_behind_an_alias_or_a_merge_is_found_where_it_was_written() -> None:
    text = "base: &b {x: 1, y: 2}\nother: *b\nmerged:\n  <<: [*b, {z: 3}]\n  y: 4\n"
    source = Source("f.yaml", text)
    assert source.parse()["merged"] == {"x": 1, "y": 4, "z": 3}
    places = {
        ("other", "y"): "f.yaml:1:20",
        ("merged", "x"): "f.yaml:1:14",
        ("merged", "y"): "f.yaml:5:6",
        ("merged", "z"): "f.yaml:4:16",
    }
    assert {location: str(source.locate(location)) for location in places} == places


def test_a_folder_and_a_file_that_is_gone_are_mistakes(tmp_path: Path) -> None:
    for file, problem in ((tmp_path, "Is a directory"), (tmp_path / "x", "No such file")):
        with pytest.raises(ScenarioError) as caught:
            Source.read(file, path="shown.yaml")
        mistake = caught.value.mistakes[0]
        assert mistake.message.startswith(f"the file cannot be read: {problem}")
        assert str(mistake.at) == "shown.yaml:1:1"


def test_anchors_and_merges_used_rightly_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(
        "name: x\n"
        "steps:\n"
        "  - &ask {name: Ask, path: /a, expect: &ok {status: 200}}\n"
        "  - {<<: *ask, path: /b}\n"
        "  - {path: /c, expect: *ok}\n"
        "  - path: /d\n"
        "    expect: {<<: *ok, jq: .a}\n"
    )
    (scenario,) = load_scenarios(tmp_path / "file.yaml", step_kinds(), endpoints=["proxy"])
    assert [step.ready.title() for step in scenario.phases.definitions() if step.ready] == [
        "Ask",
        "Ask",
        "GET /c",
        "GET /d",
    ]


def test_a_billion_laughs_are_refused_in_no_time(tmp_path: Path) -> None:
    lines = ["name: x", "steps:", "  - body:", "      a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"      a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "file.yaml").write_text("\n".join(lines))
    error = load(tmp_path, (tmp_path / "file.yaml").read_bytes())
    assert error is not None
    assert "stand for more than 1,000,000 values" in str(error)


def test_position_is_known_when_the_file_has_changed(tmp_path: Path) -> None:
    """What was loaded is kept, packed, until a mistake wants it."""
    file = tmp_path / "a.yaml"
    file.write_text("name: Früh\nsteps:\n  - path: /é\n    expect: {status: 200}\n", "utf-8")
    [scenario] = load_scenarios(file, step_kinds(), endpoints={"proxy"})
    file.write_text("name: Late\n", "utf-8")
    at = scenario.locate(("steps", 0, "path"))
    assert (at.line, at.column, at.text) == (3, 11, "  - path: /é")


@pytest.mark.parametrize("anchor", ["", "&a "])
def test_document_tells_its_line_however_it_was_read(anchor: str) -> None:
    source = Source("a.yaml", f"# one\nname: {anchor}A\n---\n\n---\n\nname: B\n")
    assert [(one.index, one.line) for one in source.documents()] == [(0, 2), (2, 7)]
