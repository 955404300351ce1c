"""What lint finds in files that `run` would accept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.lint import RULES, lint_file
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.rig import Rig

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BAD = sorted((HERE / "bad").glob("*.yaml"))
GOOD = sorted((HERE / "good").glob("*.yaml"))
OURS = sorted(
    file for folder in ("demo", "examples") for file in (ROOT / "scenarios" / folder).glob("*.yaml")
)
ENDPOINTS = ("proxy", "control")

# In two parts: scanners of repositories look for them as well.
SECRETS = {
    "AWS": ("AKIA", "Q3EGRVN4XZ7LMT5P"),
    "GitHub": ("ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"),
    "GitLab": ("glpat-", "9mLqk3Vx7Zc2Rt8Wn5Bd"),
    "OpenAI": ("sk-", "proj-Qm8Vx2Lk7Zt9Rw4Nc6Bd1Hs3"),
    "Anthropic": ("sk-ant-", "api03-Qm8Vx2Lk7Zt9Rw4Nc6Bd"),
    "Slack": ("xoxb-", "7482910365-Qm8Vx2Lk7Zt9"),
    "Hugging Face": ("hf_", "QmVxLkZtRwNcBdHsQmVxLkZtRwNcBd"),
    "Google": ("AIza", "SyQm8Vx2Lk7Zt9Rw4Nc6Bd1Hs3Qm8Vx2Lk7"),
    "JSON Web Token": ("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl"),
    "private key": ("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIEowIBAAKCAQEA"),
}


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_lint_says_what_is_wrong_though_it_could_run(file: Path, rig: Rig) -> None:
    shutil.copy(file, rig.folder)
    ran = rig.here("lint", file.name)
    check_golden(file.with_suffix(".err"), ran.out)
    only_warnings = file.stem == "unused_names"
    assert (ran.code, ran.err) == (0 if only_warnings else 4, "")


@pytest.mark.parametrize("file", [*BAD, *GOOD], ids=lambda file: file.stem)
def test_run_accepts_what_only_lint_finds(file: Path) -> None:
    load_scenarios(file, step_kinds(), endpoints=ENDPOINTS)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_lint_finds_nothing_wrong_with_what_is_right(file: Path) -> None:
    assert lint_file(file, step_kinds(), endpoints=ENDPOINTS) == []


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_the_demos_and_the_examples_are_clean(file: Path) -> None:
    found = lint_file(file, step_kinds(), endpoints=ENDPOINTS)
    assert [f"{one.mistake.at}: {one.mistake.message}" for one in found] == []


def test_no_error_text_is_left_without_its_scenario() -> None:
    texts = sorted(file.stem for file in (HERE / "bad").glob("*.err"))
    assert texts == [file.stem for file in BAD]


@pytest.mark.parametrize("what", SECRETS)
def test_a_secret_is_known_by_its_shape(what: str, rig: Rig) -> None:
    secret = "".join(SECRETS[what])
    content = {
        "name": "A secret",
        "steps": [{"path": "/", "body": {"text": f"use {secret}"}, "expect": {"status": 200}}],
    }
    rig.write("a.yaml", json.dumps(content))
    ran = rig.here("lint", "a.yaml")
    assert ran.code == 4
    assert what in ran.out
    assert "error[secret]" in ran.out
    assert secret.splitlines()[0] not in ran.out, "the output of lint ends in logs"


def test_a_rule_can_be_left_out(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nvars: {x: 1}\nsteps: [{path: /, body: {password: hunter2}}]\n")
    out = rig.here("lint", "a.yaml").out
    assert "error[secret]" in out
    assert "error[no-checks]" in out
    assert "warning[unused-name]" in out
    ran = rig.here("lint", "a.yaml", "--ignore", "no-checks", "--ignore", "unused-name")
    assert ran.code == 4
    assert "1 mistake in 1 file\n" in ran.out
    ran = rig.here("lint", "a.yaml", *(part for rule in RULES for part in ("--ignore", rule)))
    assert (ran.code, ran.out) == (0, "1 scenario, no mistakes\n")


def test_a_rule_that_does_not_exist_cannot_be_left_out(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.here("lint", "a.yaml", "--ignore", "secrets")
    assert ran.code == 4
    assert "'secrets' is not one of" in ran.err


def test_findings_are_printed_as_json(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nvars: {x: 1}\nsteps: [{path: /}]\n")
    rig.write("b.yaml", "name: b\nsteps: [{path: x}]\n")
    ran = rig.here("lint", ".", "--format", "json")
    assert ran.code == 4
    said = json.loads(ran.out)
    assert said["files"] == 2
    assert [
        (one["path"], one["line"], one["column"], one["severity"], one["rule"])
        for one in said["findings"]
    ] == [
        ("a.yaml", 2, 8, "warning", "unused-name"),
        ("a.yaml", 3, 1, "error", "no-checks"),
        ("b.yaml", 2, 16, "error", "mistake"),
    ]
    assert said["findings"][2]["hint"] == "write '/x'"


def test_findings_become_annotations_of_github(rig: Rig) -> None:
    rig.write("a,b.yaml", "name: a\nsteps: [{path: /, expect: {body_contains: ''}}]\n")
    ran = rig.here("lint", ".", "--format", "github")
    assert ran.code == 4
    first, last = ran.out.splitlines()
    assert first == (
        "::error file=a%2Cb.yaml,line=2,col=28,endColumn=41,title=agentrig cannot-fail::"
        "any text contains an empty one (write what must be there)"
    )
    assert last == "1 mistake in 1 file"


def test_a_file_with_mistakes_has_only_these(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{path: x}]\n")
    ran = rig.here("lint", "a.yaml")
    assert "no-checks" not in ran.out
    assert "must begin with '/'" in ran.out
