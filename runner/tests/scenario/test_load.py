"""What one file gives: documents, combinations, rows, reused steps; and what is wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import ScenarioError
from agentrig.scenario import Room, Scenario, load_scenarios
from agentrig.scenario._data import combinations
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from pathlib import Path


class Folder:
    """A folder of files, the first of which is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, text: str, **others: str) -> tuple[Scenario, ...]:
        return self.load_into(Room(), text, **others)

    def load_into(self, room: Room, text: str, **others: str) -> tuple[Scenario, ...]:
        for name, content in others.items():
            (self.path / name.replace("_", ".")).write_text(content, encoding="utf-8")
        file = self.path / "a.yaml"
        file.write_text(text, encoding="utf-8")
        endpoints = ["proxy", "control"]
        return load_scenarios(file, step_kinds(), path="a.yaml", endpoints=endpoints, room=room)

    def mistakes(self, text: str, **others: str) -> list[str]:
        with pytest.raises(ScenarioError) as caught:
            self.load(text, **others)
        return [
            f"{mistake.at}: {mistake.message}" + (f" ({mistake.hint})" if mistake.hint else "")
            for mistake in caught.value.mistakes
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_each_document_is_a_scenario(folder: Folder) -> None:
    first, second = folder.load("name: One\nsteps: []\n---\nname: Two\nsteps: []\n")
    assert (first.id_suffix, first.line) == ("::One", 1)
    assert (second.id_suffix, second.line) == ("::Two", 4)


def test_documents_of_one_name_are_numbered(folder: Folder) -> None:
    found = folder.load("name: One\nsteps: []\n---\nname: One\nsteps: []\n")
    assert [one.id_suffix for one in found] == ["::One", "::One#2"]


def test_a_document_that_defines_is_no_scenario(folder: Folder) -> None:
    assert folder.load("define: lib\nsteps: []\n") == ()
    (one,) = folder.load("define: lib\nsteps: []\n---\nname: One\nsteps: []\n")
    assert one.id_suffix == ""


def test_a_matrix_makes_an_item_of_each_combination(folder: Folder) -> None:
    found = folder.load(
        "name: A ${matrix.model}\n"
        "matrix: {model: [small, large], temperature: [0, 0.5], "
        "exclude: [{model: large, temperature: 0}], include: [{model: huge}]}\n"
        "steps: [{path: '/${matrix.model}'}]\n"
    )
    assert [one.id_suffix for one in found] == ["[small-0]", "[small-0.5]", "[large-0.5]", "[huge]"]
    assert [one.name for one in found] == ["A small", "A small", "A large", "A huge"]
    assert found[0].matrix == {"model": "small", "temperature": 0}


def test_the_agent_and_its_ports_may_come_of_the_matrix(folder: Folder) -> None:
    (one, two) = folder.load(
        "name: A\nmatrix: {include: [{agent: x, port: 4000}, {agent: y, port: 4002}]}\n"
        "agent: ${matrix.agent}\nproxy_port: ${matrix.port}\nsteps: []\n"
    )
    assert [(one.agent, one.proxy_port), (two.agent, two.proxy_port)] == [("x", 4000), ("y", 4002)]
    assert folder.mistakes(
        "name: A\nmatrix: {port: [x]}\nproxy_port: ${matrix.port}\nsteps: []\n"
    ) == ["a.yaml:3:13: 'proxy_port' must be a whole number, not text"]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("rows.csv", 'id,text\nx,"a,\nb"\ny,c\n', [{"id": "x", "text": "a,\nb"}]),
        ("rows.json", '[{"id": "x", "n": 1}, {"id": "y"}]', [{"id": "x", "n": 1}]),
        ("rows.jsonl", '{"id": "x", "n": [1]}\n\n{"id": "y"}\n', [{"id": "x", "n": [1]}]),
        ("rows.yaml", "- id: x\n  n: {a: 1}\n- id: y\n", [{"id": "x", "n": {"a": 1}}]),
    ],
)
def test_a_file_of_rows_makes_an_item_of_each(
    folder: Folder, name: str, content: str, rows: list[dict[str, object]]
) -> None:
    found = folder.load(
        f"name: A\ndata: {name}\nsteps: [{{path: '/${{data.id}}'}}]\n",
        **{name.replace(".", "_"): content},
    )
    assert [one.id_suffix for one in found] == ["[x]", "[y]"]
    assert [found[0].data] == rows


def test_rows_without_a_name_are_numbered(folder: Folder) -> None:
    found = folder.load("name: A\ndata: r.csv\nmatrix: {m: [s, t]}\nsteps: []\n", r_csv="q\n1\n1\n")
    assert [one.id_suffix for one in found] == ["[s-1]", "[s-2]", "[t-1]", "[t-2]"]


@pytest.mark.parametrize(
    ("name", "content", "mistake"),
    [
        ("none.csv", None, "a.yaml:2:7: 'none.csv': the file cannot be read: No such file"),
        ("a.txt", "x", "a.txt:1:1: rows are read from .csv, .json, .jsonl and .yaml files"),
        ("a.csv", ",\n", "a.csv:1:1: the first line must name the columns"),
        ("a.csv", "a,a\n1,2\n", "a.csv:1:1: a column stands 2 times: 'a'"),
        ("a.csv", "a,b\n1,2\n3\n", "a.csv:3:1: 1 values in a row of 2 columns"),
        ("a.csv", "a\n", "a.csv:1:1: the file has no rows"),
        ("a.json", "[{]", "a.json:1:1: no JSON: Expecting property name"),
        ("a.json", "{}", "a.json:1:1: the file must hold a list of mappings"),
        ("a.jsonl", '{"a": 1}\n{"a": }\n', "a.jsonl:2:1: no JSON: Expecting value"),
        ("a.yaml", "- a: 1\n  a: 2\n", "a.yaml:2:3: key 'a' stands twice"),
    ],
)
def test_bad_rows_say_where(folder: Folder, name: str, content: str | None, mistake: str) -> None:
    (folder.path / "sub").mkdir()
    others = {} if content is None else {f"sub/{name}".replace(".", "_"): content}
    shown = name if content is None else f"sub/{name}"
    (said,) = folder.mistakes(f"name: A\ndata: {shown}\nsteps: []\n", **others)
    assert said.startswith(mistake if content is None else f"sub/{mistake}")


LIBRARY = """\
define: log in
with: {user: null, role: admin}
steps:
  - path: /login/${with.user}/${with.role}
    capture: {token: {jq: .token}}
"""


def test_steps_are_reused_from_another_file(folder: Folder) -> None:
    (one,) = folder.load(
        "name: A\nsteps:\n  - uses: lib.yaml#log in\n    with: {user: me}\n  - path: /${token}\n",
        lib_yaml=LIBRARY,
    )
    inner, outer = one.phases.definitions()
    assert inner.place.locate().path == "lib.yaml"
    assert outer.place.locate().line == 5


@pytest.mark.parametrize(
    ("steps", "mistakes"),
    [
        ("{uses: lib}", ["a.yaml:2:16: 'uses' names no document (write 'lib#name')"]),
        (
            "{uses: lib.yaml#login, with: {user: x}}",
            ["a.yaml:2:16: 'lib.yaml' defines no 'login' (did you mean 'log in'?)"],
        ),
        (
            "{uses: no.yaml#login}",
            ["a.yaml:2:16: 'no.yaml': the file cannot be read: No such file or"],
        ),
        (
            "{uses: lib.yaml#log in}",
            ["a.yaml:2:16: the input 'user' is missing (add 'with: {user: ...}')"],
        ),
        (
            "{uses: lib.yaml#log in, with: {usr: 1, user: 2}}",
            ["a.yaml:2:40: unknown input 'usr' (did you mean 'user'?)"],
        ),
        (
            "{uses: lib.yaml#log in, with: {user: '${x}'}}",
            ["a.yaml:2:47: unknown name 'x'"],
        ),
        (
            "{uses: lib.yaml#log in, with: {user: x}, retry: {count: 1}}",
            ["a.yaml:2:57: 'retry' is"],
        ),
        ("{uses: lib.yaml#log in, path: /x}", ["a.yaml:2:33: unknown key 'path' in a step"]),
    ],
)
def test_what_cannot_be_reused_says_why(folder: Folder, steps: str, mistakes: list[str]) -> None:
    said = folder.mistakes(f"name: A\nsteps: [{steps}]\n", lib_yaml=LIBRARY)
    assert len(said) == len(mistakes), said
    for one, expected in zip(said, mistakes, strict=True):
        assert one.startswith(expected)


def test_steps_that_use_themselves_are_refused(folder: Folder) -> None:
    said = folder.mistakes(
        "name: A\nsteps: [{uses: b.yaml#one}]\n",
        b_yaml="define: one\nsteps: [{uses: c.yaml#two}]\n",
        c_yaml="define: two\nsteps: [{uses: b.yaml#one}]\n",
    )
    assert said == ["c.yaml:2:16: these steps use themselves: b.yaml#one → c.yaml#two → b.yaml#one"]


def test_a_mistake_in_reused_steps_is_told_where_it_stands(folder: Folder) -> None:
    said = folder.mistakes(
        "name: A\nsteps: [{uses: b.yaml#one}, {uses: b.yaml#one}]\n",
        b_yaml="define: one\nsteps:\n  - path: x\n",
    )
    assert said == ["b.yaml:3:11: 'path' must begin with '/' (write '/x')"]


NAMES = """\
name: A
vars: {prompt: hi, copy: "${prompt}"}
steps:
  - path: /first
    capture: {id: {jq: .id}}
  - path: %s
"""


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("/${prompt}/${vars.copy}/${id}/${captures.id}/${run.id}/${env.X}", None),
        ("/${promt}", "a.yaml:6:12: unknown name 'promt' (did you mean 'prompt'?)"),
        ("/${vars.promt}", "a.yaml:6:12: there is no 'promt' in 'vars' (did you mean 'prompt'?)"),
        ("/${matrix.x}", "a.yaml:6:12: there is no 'matrix' here (the scenario has no 'matrix')"),
        ("/${item}", "a.yaml:6:12: there is no 'item' here (only a step with 'foreach' has it)"),
        ("/${run.idd}", "a.yaml:6:12: there is no 'idd' in 'run' (did you mean 'id'?)"),
        ("/${env}", "a.yaml:6:12: 'env' is not followed by one name (write ${env.NAME})"),
        ("/${captures.idd}", "a.yaml:6:12: no step captures 'idd' (did you mean 'id'?)"),
        ("/${prompt | $idd}", "a.yaml:6:12: unknown name '$idd' (did you mean 'id'?)"),
        ("/${prompt", "a.yaml:6:12: the expression is not closed"),
    ],
)
def test_names_are_known_before_anything_runs(
    folder: Folder, path: str, mistake: str | None
) -> None:
    if mistake is None:
        (one,) = folder.load(NAMES % path)
        assert one.env == {"X"}
        return
    (said,) = folder.mistakes(NAMES % f"'{path}'")
    assert said.replace(":6:13:", ":6:12:").startswith(mistake)


def test_a_capture_is_not_read_before_it_is_made(folder: Folder) -> None:
    said = folder.mistakes("name: A\nsteps:\n  - path: /${id}\n  - capture: {id: {jq: .id}}\n")
    assert said == ["a.yaml:3:12: 'id' is not captured yet (a later step captures it)"]


@pytest.mark.parametrize("name", ["env", "item", "a-b", "1a"])
def test_names_that_cannot_be_read_back_are_refused(folder: Folder, name: str) -> None:
    (said,) = folder.mistakes(f"name: A\nsteps: [{{capture: {{'{name}': {{jq: .}}}}}}]\n")
    assert said.startswith("a.yaml:2:20: ")
    (said,) = folder.mistakes(f"name: A\nvars: {{'{name}': 1}}\nsteps: []\n")
    assert said.startswith("a.yaml:2:8: ")


def test_what_is_filled_in_later_is_not_judged_before(folder: Folder) -> None:
    (one,) = folder.load(
        "name: A\nvars: {n: 200}\nsteps: [{path: '${env.P}', expect: {status: '${n}'}}]\n"
    )
    (step,) = one.phases.definitions()
    assert step.ready is None


def test_a_secret_does_not_head_a_report(folder: Folder) -> None:
    assert folder.mistakes("name: 'A ${secret.X}'\nsteps: []\n") == [
        "a.yaml:1:7: 'name' is shown in reports: it cannot hold a secret"
    ]


VALUES = st.dictionaries(
    st.sampled_from("abc"),
    st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
    min_size=1,
)
ENTRIES = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), min_size=1), max_size=3
)


@given(VALUES, ENTRIES, ENTRIES)
def test_a_matrix_keeps_the_rules_of_github_actions(
    values: dict[str, list[int]], include: list[dict[str, int]], exclude: list[dict[str, int]]
) -> None:
    size = 1
    for one in values.values():
        size *= len(one)
    plain = combinations(values)
    assert len(plain) == size
    left = combinations(values, exclude=exclude)
    assert all(one in plain for one in left)
    assert not [one for one in left for entry in exclude if entry.items() <= one.items()]
    full = combinations(values, include=include, exclude=exclude)
    assert [{name: one[name] for name in values} for one in full[: len(left)]] == left
    for entry in include:
        assert any(entry.items() & one.items() for one in full)


def test_packed_steps_are_those_that_are_kept_ready(folder: Folder) -> None:
    text = (
        "name: A\nmatrix: {m: [x, y]}\nvars: {p: 1}\n"
        "setup: [{uses: lib.yaml#log in, with: {user: '${matrix.m}'}}]\n"
        "steps:\n  - path: /${token}\n    capture: {id: {jq: .id}}\n  - path: /x\n"
        "teardown: [{path: '/${id}', expect: {checks: [{jq: .a, equals: 1}]}}]\n"
    )
    (ready, _) = folder.load(text, lib_yaml=LIBRARY)
    (packed, _) = folder.load_into(Room(0), text, lib_yaml=LIBRARY)
    for _ in range(2):
        assert shown(packed) == shown(ready)
    assert (packed.endpoints, packed.step_count) == (ready.endpoints, ready.step_count)
    first, again = (list(packed.phases.definitions())[-2] for _ in range(2))
    assert first.ready == again.ready
    assert first.ready is not again.ready


def test_long_lists_of_steps_are_packed_in_blocks(folder: Folder) -> None:
    steps = [
        f"  - path: /{number}\n    capture: {{c{number}: {{jq: .id}}}}\n" for number in range(120)
    ]
    last = "teardown: [{path: '/${c0}/${c119}'}]\n"
    text = f"name: A\nsteps:\n{''.join(steps)}{last}"
    (ready,) = folder.load(text)
    (packed,) = folder.load_into(Room(120), text)
    assert len(list(packed.phases.definitions())) == 121
    assert shown(packed) == shown(ready)
    # As a teardown after a failure, which reads what steps that were not made would have captured.
    assert len(list(packed.phases.teardown)) == 1
    assert bool(packed.phases.steps)
    assert not packed.phases.setup


def test_steps_are_kept_ready_while_there_is_room_for_all_of_a_document(folder: Folder) -> None:
    room = Room(5)
    texts = [f"name: A\nsteps: [{', '.join(['{path: /x}'] * count)}]\n" for count in (3, 3, 2, 1)]
    found = [folder.load_into(room, text)[0] for text in texts]
    kept = [isinstance(one.phases.steps, tuple) for one in found]
    assert kept == [True, False, True, False]
    assert [len(list(one.phases.definitions())) for one in found] == [3, 3, 2, 1]


def test_steps_that_only_others_use_take_no_room(folder: Folder) -> None:
    text = "define: own\nsteps: [{path: /x}]\n---\nname: A\nsteps: [{path: /y}]\n"
    (one,) = folder.load_into(Room(1), text)
    assert isinstance(one.phases.steps, tuple)


def test_packed_steps_need_no_file_of_scenarios_again(folder: Folder) -> None:
    """Whatever has become of them while the scenario waited for its turn."""
    (one,) = folder.load_into(
        Room(0),
        "name: A\n"
        "steps: [{uses: '#own'}, {uses: lib.yaml#log in, with: {user: me}}]\n"
        "---\n"
        "define: own\n"
        "steps: [{path: /own}]\n",
        lib_yaml=LIBRARY,
    )
    before = shown(one)
    (folder.path / "lib.yaml").unlink()
    (folder.path / "a.yaml").write_text("steps: []\n", encoding="utf-8")
    assert len(before) == 2
    assert shown(one) == before


def test_a_value_that_holds_itself_is_a_mistake_where_there_is_no_room_too(folder: Folder) -> None:
    text = "name: A\nsteps: [{path: /x, method: POST, body: &a {b: *a}}]\n"
    with pytest.raises(ScenarioError) as packed:
        folder.load_into(Room(0), text)
    assert folder.mistakes(text) == [
        f"{one.at}: {one.message}" + (f" ({one.hint})" if one.hint else "")
        for one in packed.value.mistakes
    ]


def test_packed_steps_whose_files_have_gone_are_mistakes(folder: Folder) -> None:
    (one,) = folder.load_into(
        Room(0),
        "name: A\nsteps: [{path: /x}, {kubernetes: {apply: {file: m.yaml}}}]\n",
        m_yaml="{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    )
    assert len(list(one.phases.steps)) == 2
    (folder.path / "m.yaml").unlink()
    with pytest.raises(ScenarioError, match=r"a\.yaml:2:\d+: .*'m\.yaml'"):
        list(one.phases.steps)


def shown(scenario: Scenario) -> list[tuple[object, ...]]:
    """What tells the steps of a scenario apart."""
    return [
        (step.title, step.ready, step.controls, str(step.place.locate()))
        for step in scenario.phases.definitions()
    ]


def test_file_that_many_use_is_read_once(folder: Folder) -> None:
    text = "name: A\nsteps: [{uses: lib.yaml#log in, with: {user: me}}]\n"
    (one,) = folder.load(text, lib_yaml=LIBRARY)
    (other,) = folder.load(text)
    found = [next(scenario.phases.definitions()).place.document for scenario in (one, other)]
    assert found[0] is found[1]
    (changed,) = folder.load(text, lib_yaml=LIBRARY.replace("/login", "/log-in"))
    step = next(changed.phases.definitions())
    assert step.place.document is not found[0]
