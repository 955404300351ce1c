"""Results in a search index: agentrig beside pytest-elk-reporter, on a real OpenSearch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import BenchError, UnavailableError
from bench.install import python_programs
from bench.measure import Cost, run_once
from bench.part import Field, Figures, Part
from bench.report import Goal, ratio, run_table
from bench.search_server import count_documents, searching
from bench.tools.agentrig import PROGRAM
from bench.tools.python import PYTEST_ARGS
from bench.workload import Contender

if TYPE_CHECKING:
    from pathlib import Path

    from bench.measure import Run

__all__ = ["SEARCH"]

_TESTS = 10_000
_AT_LEAST = 20
_TITLE = "10,000 documents: pytest-elk-reporter / agentrig report push"
_MODULE = f"""\
import pytest


@pytest.mark.parametrize("number", range({_TESTS}))
def test_nothing(number):
    pass
"""
_INTRODUCTION = """\
One Python module of 10,000 tests that do nothing, and a real OpenSearch 2.19 on the same machine.
pytest-elk-reporter posts while the tests run: its time is that of pytest with it over that of
pytest without. `agentrig report push` is a whole process that reads the journal of a run of that
module, makes a document of each test and one of the run, and sends them; so the comparison charges
agentrig for its start and its reading, and pytest-elk-reporter for posting alone. Every round has
an index of its own, whose documents are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    push: Run
    reporter: Run
    pytest: Run

    @property
    def posting(self) -> Cost:
        """What pytest-elk-reporter added."""
        return Cost(
            elapsed_s=self.reporter.elapsed_s - self.pytest.elapsed_s,
            cpu_s=self.reporter.cpu_s - self.pytest.cpu_s,
        )


def _measure(field: Field) -> Figures:
    try:
        programs = python_programs("pytest-elk-reporter")
        with searching(field.folder / "server") as url:
            rounds = _rounds(field, programs, url)
    except UnavailableError as error:
        text = f"{_INTRODUCTION}\n\nNot measured, it cannot be had on this machine: {error}"
        return Figures(text=text, goals=(Goal(title=_TITLE, measured=None, at_least=_AT_LEAST),))
    rows = [
        ("agentrig report push", [one.push for one in rounds]),
        ("pytest with pytest-elk-reporter", [one.reporter for one in rounds]),
        ("pytest", [one.pytest for one in rounds]),
    ]
    goal = ratio(
        _TITLE,
        [one.posting for one in rounds],
        [one.push for one in rounds],
        at_least=_AT_LEAST,
    )
    return Figures(text=f"{_INTRODUCTION}\n\n{run_table(rows)}", goals=(goal,))


def _rounds(field: Field, programs: Path, url: str) -> list[_Round]:
    folder = field.folder / "module"
    folder.mkdir()
    (folder / "test_module.py").write_text(_MODULE, encoding="utf-8")
    pytest = (str(programs / "pytest"), *PYTEST_ARGS)
    run_once(_contender("agentrig run", folder, (PROGRAM, "run", ".")), field.server)
    rounds = []
    # A push that does not count warms the server up: its code is compiled as it runs. Ten thousand
    # single posts do that for themselves, and take minutes.
    run_once(_push(folder, url, "warm"), field.server)
    for number in range(field.rounds):
        ours, theirs = f"ours{number}", f"theirs{number}"
        reporter = (
            *(*pytest, "-p", "pytest_elk_reporter", "--es-post-reports"),
            *("--es-address", url, "-o", f"es_index_name={theirs}"),
        )
        measured = _Round(
            push=run_once(_push(folder, url, ours), field.server),
            reporter=run_once(_contender("pytest-elk-reporter", folder, reporter), field.server),
            pytest=run_once(_contender("pytest", folder, pytest), field.server),
        )
        _check(url, f"{ours}-*", _TESTS + 1)
        _check(url, theirs, _TESTS + 1)
        rounds.append(measured)
    return rounds


def _push(folder: Path, url: str, index: str) -> Contender:
    command = (PROGRAM, "report", "push", "results", "--search-url", url, "--search-index", index)
    return _contender("agentrig report push", folder, command)


def _check(url: str, index: str, documents: int) -> None:
    if (found := count_documents(url, index)) != documents:
        raise BenchError(f"index {index} has {found} documents, and {documents} were sent")


def _contender(name: str, folder: Path, command: tuple[str, ...]) -> Contender:
    return Contender(name=name, command=command, folder=folder, chats=0)


SEARCH = Part(
    title="10,000 results in a search index", tools=("agentrig",), rounds=3, measure=_measure
)
