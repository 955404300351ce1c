"""Which programs run within the process: no more than those whose work is sure to be small."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

import jq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentrig.scenario import compile_query
from agentrig.scenario._jq_bounds import bound_of, without_folding

BODY_CHARACTERS = 20_000


@pytest.mark.parametrize(
    "program",
    [
        ".issues | length",
        'map(select(.severity == "high" and .open)) | length',
        "[.issues[] | select(.tags[]? == $tag) | .rule] | unique",
        "{id, name: .user.name, repeat: 1}",
        '"\\(.first) \\(.last)"',
        'if .a then .b // "none" else empty end',
        "[.a, .b] | add",
        "to_entries | map(.key) | sort",
        '.repeat + .range + ."def"',
        ".total - 1 | floor | tostring",
        "first(.items[] | select(.id == $tag)).name",
        ".a # repeat(1)\n| length",
    ],
)
def test_what_authors_write_of_a_common_body_runs_here(program: str) -> None:
    bound = bound_of(program)
    assert bound is not None
    assert bound.steps(BODY_CHARACTERS, 40) < 10_000_000


@pytest.mark.parametrize(
    "program",
    [
        "repeat(1)",
        "def f: f; f",
        "[range(1e9)]",
        "[limit(10; repeat(1))]",
        "reduce .[] as $x (1; . + .)",
        "foreach .[] as $x (1; . + .)",
        "until(false; .)",
        "recurse",
        "combinations",
        "[.[] as $a | .[] as $b | 1]",
        '"x" * 1e9',
        ".[1e9] = 1",
        ".a |= 1",
        ".a += 1",
        'test("(a+)+$")',
        'split("a"; "g")',
        "inputs",
        "$ENV",
        "env",
        '"\\(repeat(1))"',
        '"\\("\\(repeat(1))")"',
        "{(repeat(1)|tostring): 1}",
        "{a: combinations}",
        "# \\\n; 1 \n | repeat(1)",
        ".a ?// .b",
        "getpath([1e9])",
    ],
)
def test_what_may_not_end_or_take_all_memory_does_not(program: str) -> None:
    assert bound_of(program) is None


@pytest.mark.parametrize(
    ("program", "power"),
    [
        (".", 1),
        (".a[].b[] | .c[]", 1),
        ("map(map(.a))", 1),
        (".[] + .[]", 2),
        ("[.[] + .[]] | [.[] + .[]] | [.[] + .[]]", 8),
        ("{a: .[], b: .[]}", 2),
        ("..", 2),
        (".a - .b", 2),
        (".a - 1", 1),
    ],
)
def test_stages_multiply_what_the_parts_of_a_stage_add_up(program: str, power: int) -> None:
    bound = bound_of(program)
    assert bound is not None
    assert bound.power == power


def wholes(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(parts, parts)
    return st.one_of(
        two.map("{0[0]} | {0[1]}".format),
        two.map("{0[0]}, {0[1]}".format),
        two.map("({0[0]}) + ({0[1]})".format),
        two.map("{{a: ({0[0]}), b: ({0[1]})}}".format),
        two.map("first({0[0]}) // ({0[1]})".format),
        parts.map("[{}]".format),
        parts.map("map({})".format),
        parts.map("[.[]? | {}]".format),
        parts.map('"<\\({})>"'.format),
    )


PROGRAMS = st.recursive(
    st.sampled_from(
        [
            ".",
            ".a",
            ".[]?",
            "..",
            "1",
            '"x"',
            "length",
            "tojson",
            "keys?",
            "to_entries?",
            "@html",
            "add?",
            "flatten?",
            "transpose?",
            "[paths]",
            "tostring",
            "@json",
            ".[]?.a[]?",
        ]
    ),
    wholes,
    max_leaves=6,
)
DATA = st.recursive(
    st.sampled_from([None, 1, "<\u0001", True]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


@given(program=PROGRAMS, data=DATA)
def test_no_program_yields_more_than_its_bound(program: str, data: Any) -> None:
    bound, text = bound_of(program), json.dumps(data)
    assert bound is not None, program
    steps = bound.steps(len(text) + len(program), 0)
    assume(steps < 1_000_000)
    try:
        values = jq.compile(program).input_text(text).all()
    except ValueError:
        return
    assert sum(len(json.dumps(value, ensure_ascii=False)) for value in values) <= steps


@given(text=st.text(alphabet="\"\\()*.a1[]{}#$ \n'", max_size=16))
def test_any_text_is_read(text: str) -> None:
    bound_of(text)
    without_folding(text)


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ('"ab" * 3', "ababab"),
        ('3 * ("a" + "b")', "ababab"),
        ('(("a") + "b") * 2 * 2', "abababab"),
        ('."a" * 2', "xx"),
        ('{"a": 1} * {"b": "c"}', {"a": 1, "b": "c"}),
        ('"\\("a" * 2)b" * 2', "aabaab"),
        ('["*"] | .[0] == "*"', True),
    ],
)
def test_a_text_beside_a_star_means_what_it_meant(program: str, value: Any) -> None:
    compiled, _ = without_folding(program)
    assert jq.compile(compiled).input_value({"a": "x"}).first() == value


def test_a_text_is_not_repeated_while_a_file_is_loaded() -> None:
    limit = 1 << 30
    script = (
        "import jq, resource; from agentrig.scenario import compile_query\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
        "compile_query('\"x\" * 2000000000'); print('compiled')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout == "compiled\n", done.stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != limit


def test_a_mistake_behind_such_a_text_is_where_it_was_written() -> None:
    text = '"x" * 3 | lenght'
    with pytest.raises(ValueError, match="lenght") as caught:
        compile_query(text)
    offset: int = caught.value.offset  # type: ignore[attr-defined]  # pytest knows the base
    assert text[offset:] == "lenght"
