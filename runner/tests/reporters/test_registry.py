"""Somebody else's package: a step kind, a matcher and a reporter, in real runs."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from agentrig.events import StepFinished
from tests.support.installed import EXAMPLE, install, install_example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rig import Rig

SCENARIO = """
    name: Third parties
    steps:
      - resolve: localhost
        capture: {addresses: {jq: .}}
        expect:
          checks:
            - {jq: "index(\\"127.0.0.1\\")", exists: true}
      - wait: 1ms
        name: Wait for ${addresses | length} addresses
    """


def test_the_example_is_used_by_name(rig: Rig) -> None:
    install_example(rig)
    rig.write("a.yaml", SCENARIO)
    rig.write("b.yaml", "name: b\nsteps: [{resolve: no-such-host.invalid}]\n")
    rig.write(
        "test_c.py",
        "def test_c(steps):\n"
        "    found = steps.resolve('localhost', expect={'checks': [{'jq': '.[0]', 'length': 9}]})\n"
        "    assert '127.0.0.1' in found.data\n",
    )
    ran = rig.run(".", "--reporter", "markdown", "--reporter=markdown=more.md")
    assert ran.outcomes() == {"a": "passed", "b": "failed", "test_c.py::test_c": "passed"}, ran.said
    assert "[resolve no-such-host.invalid] no address: " in ran.out
    report = (ran.results / "report.md").read_text()
    assert report.startswith("**1 failed, 2 passed**\n\n| scenario | outcome | time |\n")
    assert "| b.yaml | failed | " in report
    assert (ran.results / "more.md").read_text() == report
    assert {one.name for one in ran.events(StepFinished)} > {"resolve localhost"}


def test_its_matcher_is_one_of_all(rig: Rig) -> None:
    install_example(rig)
    check = "{vars: x, iso_date: true}"
    rig.write(
        "a.yaml", f"name: a\nsteps: [{{resolve: localhost, expect: {{checks: [{check}]}}}}]\n"
    )
    check = '{jq: "\\"2026-01-31\\"", iso_date: true}'
    rig.write(
        "b.yaml", f"name: b\nsteps: [{{resolve: localhost, expect: {{checks: [{check}]}}}}]\n"
    )
    check = '{jq: ".[0]", iso_date: true}'
    rig.write(
        "c.yaml", f"name: c\nsteps: [{{resolve: localhost, expect: {{checks: [{check}]}}}}]\n"
    )
    ran = rig.run("b.yaml", "c.yaml")
    assert ran.outcomes() == {"b": "passed", "c": "failed"}, ran.said
    assert "expected a date such as 2026-01-31, got '" in ran.out
    assert rig.agentrig("lint", "a.yaml").code == 4


def test_a_reporter_under_bare_pytest(rig: Rig) -> None:
    install_example(rig)
    rig.scenario("a")
    ran = rig.pytest(".", "--agentrig-reporter=markdown")
    assert ran.code == 0, ran.said
    assert "**1 passed**" in (ran.results / "report.md").read_text()


def test_the_results_folder_is_needed_by_who_needs_it(rig: Rig) -> None:
    install_example(rig)
    rig.scenario("a")
    plugin = ("-p", "agentrig.pytest_plugin", "--agentrig-reporter=markdown")
    ran = rig.python("-m", "pytest", "-p", "no:cacheprovider", *plugin, ".")
    assert ran.code == 4, ran.said
    assert "the reporter 'markdown' needs --results" in ran.out + ran.err


PROJECT = """\
[project]
name = "{name}"
version = "1.0"
[project.entry-points."agentrig.reporters"]
{entry}
"""


@pytest.fixture
def package(tmp_path: Path, rig: Rig) -> Path:
    """Give a place for a project, and something to run."""
    rig.scenario("a")
    return tmp_path / ".project"


def make(package: Path, rig: Rig, entry: str, code: str, name: str = "mine") -> None:
    (package / name).mkdir(parents=True, exist_ok=True)
    (package / name / "__init__.py").write_text(code)
    (package / "pyproject.toml").write_text(PROJECT.format(name=name, entry=entry))
    install(rig, package)


CLASS = "class R:\n    def __init__(self, options): {0}\n    def receive(self, record): {1}\n"


@pytest.mark.parametrize(
    ("code", "exit_code", "says"),
    [
        (
            "",
            4,
            "cannot load 'mine:R': AttributeError: module 'mine' has no attribute 'R'",
        ),
        ("1 / 0", 4, "cannot load 'mine:R': ZeroDivisionError: "),
        ("R = 3", 4, "reporter 'bad': 'mine:R' cannot be called"),
        (CLASS.format("...", "..."), 4, "what 'mine:R' gives has no close()"),
        (
            CLASS.format("1 / 0", "..."),
            3,
            "reporter 'bad': cannot begin: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_reporter_that_cannot_be_made_ends_the_run_before_it_begins(
    rig: Rig, package: Path, code: str, exit_code: int, says: str
) -> None:
    make(package, rig, "bad = 'mine:R'", code)
    ran = rig.run(".", "--reporter", "bad")
    assert ran.code == exit_code, ran.said
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert not (ran.results / "events.jsonl").exists()


def test_one_that_fails_later_is_left_out_and_told(rig: Rig, package: Path) -> None:
    close = "    def close(self): open('closed', 'w')\n"
    make(package, rig, "bad = 'mine:R'", CLASS.format("...", "1 / 0") + close)
    ran = rig.run(".", "--reporter", "bad")
    assert (ran.code, ran.outcomes()) == (3, {"a": "passed"}), ran.said
    assert "error: R failed: division by zero" in ran.err


def test_a_name_that_nobody_has_is_told(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run(".", "--reporter", "markdwn")
    assert ran.code == 4, ran.said
    assert "there is no reporter 'markdwn' (none is installed): install the package" in ran.err
    install_example(rig)
    assert "(installed: markdown)" in rig.run(".", "--reporter", "markdwn").err


def test_two_of_one_name_are_told(rig: Rig, package: Path) -> None:
    make(package, rig, "x = 'mine:R'", "")
    make(package, rig, "x = 'yours:R'", "", name="yours")
    ran = rig.run(".", "--reporter", "x")
    assert ran.code == 4, ran.said
    assert "have the same name; uninstall one" in ran.err


def test_a_dry_run_makes_none(rig: Rig) -> None:
    install_example(rig)
    rig.scenario("a")
    assert rig.run(".", "--dry-run", "--reporter", "markdown").code == 0
    assert not (rig.folder / "results").exists()


def test_the_example_is_a_whole_project() -> None:
    content = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
    assert content["build-system"]["build-backend"] == "hatchling.build"
    points = content["project"]["entry-points"]
    assert set(points) == {"agentrig.steps", "agentrig.matchers", "agentrig.reporters"}
