"""Every mistake in checks and captures: where it is, what is wrong, what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.golden import check_golden
from tests.support.judged import mistakes_in

GOLDEN = Path(__file__).parent / "golden"

MISTAKES = {
    "subjects": """
        - {contains: Monday}
        - {jq: .a, header: x, equals: 1}
        - {jqq: .a, equals: 1}
        - {status: 200}
        - {status: {}, equals: 2}
        - {elapsed_ms: {less: 5}}
        - {body: }
        - {header: 5, equals: a}
        - {cookie: "", exists: true}
        - {regex: "(a", exists: true}
        - just text
        """,
    "queries": """
        - {jq: .a |, equals: 1}
        - {jq: .a == $request_ix, equals: true}
        - {jq: " ", equals: 1}
        - {jq: , equals: 1}
        - {jq: [0], equals: 1}
        """,
    "matchers": """
        - {jq: .a}
        - {jq: .a, matchs: "(?i)mon"}
        - {jq: .a, gt: abc, le: }
        - {jq: .a, ge: true}
        - {jq: .a, lt: .inf}
        - {jq: .a, matches: "a**"}
        - {jq: .a, matches: ""}
        - {jq: .a, starts_with: 5}
        - {jq: .a, type: strin}
        - {jq: .a, type: 5}
        - {jq: .a, exists: "true"}
        - {jq: .a, one_of: 5}
        - {jq: .a, one_of: []}
        - {jq: .a, superset: {}}
        - {jq: .a, equals: {1: 2}}
        - {jq: .a, contains: {x: [.nan]}}
        """,
    "structures": """
        - {jq: .a, between: [3, 1]}
        - {jq: .a, between: [1, x]}
        - {jq: .a, between: [1]}
        - {jq: .a, between: 1}
        - {jq: .a, close_to: {value: 1, tolerence: 2}}
        - {jq: .a, close_to: {value: 1}}
        - {jq: .a, close_to: {tolerance: 1}}
        - {jq: .a, close_to: {value: 1, tolerance: -1}}
        - {jq: .a, close_to: {value: x, percent: 1}}
        - {jq: .a, length: -1}
        - {jq: .a, length: {ge: x}}
        """,
    "combinations": """
        - {jq: .a, any: [{gt: x}, {foo: 1}, {}]}
        - {jq: .a, any: []}
        - {jq: .a, all: {gt: 5}}
        - {jq: .a, not: {}}
        - {jq: .a, not: {not: {not: {matchez: 1}}}}
        - {jq: .a, each: [1]}
        """,
    "schemas": """
        - {jq: .a, schema: {properties: {a: {type: strin}}}}
        - {jq: .a, schema: {$ref: "#/nowhere"}}
        - {jq: .a, schema: {$ref: "http://127.0.0.1:9/schema"}}
        - {jq: .a, schema: nowhere.json}
        - {jq: .a, schema: broken.json}
        - {jq: .a, schema: wrong.json}
        - {jq: .a, schema: 5}
        """,
}


def indented(text: str, columns: int) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join(" " * columns + line for line in lines)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_check_that_is_wrong_is_found_when_it_is_loaded(name: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "wrong.json").write_text('{"items": {"type": "text"}}')
    text = f"expect:\n  checks:\n{indented(MISTAKES[name], 4)}\n"
    said = mistakes_in(text, names=frozenset({"request_id"}), folder=tmp_path)
    check_golden(GOLDEN / f"mistakes_{name}.txt", said.replace(str(tmp_path), "FOLDER") + "\n")
    # Each line has its mistake.
    for number in range(3, text.count("\n") + 1):
        assert f"step.yaml:{number}:" in said, text.splitlines()[number - 1]


def test_a_capture_that_is_wrong_is_found_when_it_is_loaded() -> None:
    captures = """
        a: {status: 1}
        b: {jq: .a, x: 1}
        c: {}
        d: {jq: .a, header: b}
        e: .path
        f: {heder: x}
        g: {regex: "("}
        h: {jq: "$nothing"}
        """
    text = f"capture:\n{indented(captures, 2)}\n"
    said = mistakes_in(text, names=frozenset())
    check_golden(GOLDEN / "mistakes_captures.txt", said + "\n")


def test_all_mistakes_of_a_check_are_told_at_once() -> None:
    text = 'expect: {checks: [{jq: ".a |", matches: "(", gt: x, ltt: 5}]}'
    assert mistakes_in(text).count("error: ") == 4


def test_without_known_names_a_variable_is_let_through() -> None:
    assert mistakes_in("expect: {checks: [{jq: '$later', equals: 1}]}") == ""
