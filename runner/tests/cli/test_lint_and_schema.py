from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.rig import Rig


def test_lint_finds_nothing_wrong(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("sub/b")
    rig.write("agentrig.yaml", "namespace: there\n")
    rig.write("sub/c.yml", "name: c\nsteps: [{path: /, expect: {status: 200}}]\n")
    ran = rig.here("lint", ".")
    assert (ran.code, ran.out) == (0, "3 scenarios, no mistakes\n"), ran.said


def test_lint_shows_all_mistakes_of_all_files(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("good")
    rig.write("a.yaml", "name: 5\nstepz: []\n")
    rig.write("b.yaml", "name: b\nsteps:\n  - {path: /, expcet: {status: 200}, methud: GET}\n")
    ran = rig.here("lint", ".")
    assert ran.code == 4
    assert ran.err == ""
    check_golden(request.path.parent / "golden/lint_mistakes.txt", ran.out)


@pytest.mark.parametrize("folder", [".git", "build", "node_modules", "deep/venv/lib"])
def test_lint_leaves_out_a_folder_that_run_does_not_search(rig: Rig, folder: str) -> None:
    rig.scenario("good")
    rig.write(f"{folder}/bad.yaml", "name: 5\nstepz: []\n")
    ran = rig.here("lint", ".")
    assert (ran.code, ran.out) == (0, "1 scenario, no mistakes\n"), ran.said
    assert rig.run(".").code == 0


def test_lint_and_run_find_the_same_mistakes(rig: Rig) -> None:
    rig.write("a.yaml", "name: 5\nstepz: []\n")
    rig.write("b.yaml", "name: b\nsteps:\n  - {path: x}\n")
    linted = rig.here("lint", ".").out.rpartition("\n\n")[0]
    ran = rig.run(".")
    assert ran.code == 4
    assert linted in ran.out


def test_lint_of_an_empty_folder_exits_with_5(rig: Rig) -> None:
    assert rig.here("lint", ".").code == 5


def test_lint_of_what_cannot_be_read_exits_with_4(rig: Rig) -> None:
    (rig.folder / "a.yaml").write_bytes(b"\x00\xff\xfe")
    for path in ("nosuch", "a.yaml"):
        ran = rig.here("lint", path)
        assert ran.code == 4, ran.said
        assert path in ran.out + ran.err
        assert "Traceback" not in ran.err


def test_lint_knows_the_targets_that_it_is_given(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{endpoint: search, expect: {status: 200}}]\n")
    assert rig.here("lint", "a.yaml").code == 4
    assert rig.here("lint", "a.yaml", "--target", "search=http://x").code == 0
    assert rig.here("lint", "a.yaml", "--target", "search").code == 4


def test_a_bad_configuration_is_shown_as_a_scenario_is(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("agentrig.yaml", "via: pigeon\n")
    for command in ("lint", "run"):
        ran = rig.here(command, "a.yaml")
        assert ran.code == 4, ran.said
        assert "--> agentrig.yaml:1:6" in ran.err
        assert "^^^^^^" in ran.err


def test_schema_is_one_that_scenarios_meet(rig: Rig) -> None:
    ran = rig.here("schema")
    assert (ran.code, ran.err) == (0, "")
    schema = json.loads(ran.out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(json.loads(rig.scenario("a").read_text()))
    assert not validator.is_valid({"name": "a", "stepz": []})


def test_rows_that_say_so_by_their_name_are_no_scenario(rig: Rig) -> None:
    rig.write("limits.data.yaml", "- {status: 200}\n- {status: 404}\n")
    rig.write(
        "a.yaml",
        f"name: A\ndata: limits.data.yaml\nsteps:\n- endpoint: {rig.url}\n"
        "  path: /status/${data.status}\n"
        "  expect: {checks: [{status: {equals: '${data.status}'}}]}\n",
    )
    assert rig.here("lint", ".").out == "1 scenario, no mistakes\n"
    ran = rig.run(".")
    assert list(ran.outcomes().values()) == ["passed", "passed"], ran.said
