"""A run as a page: agentrig's report.html beside pytest-html's, of as many results."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.errors import UnavailableError
from bench.install import python_programs
from bench.measure import Cost, run_once
from bench.part import Field, Figures, Part
from bench.report import Goal, table
from bench.tools.agentrig import PROGRAM
from bench.tools.python import PYTEST_ARGS
from bench.workload import Contender

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PAGE"]

_TESTS = 10_000
_AT_MOST_S, _AT_MOST_MB = 3, 15
_MODULE = f"""\
import pytest


@pytest.mark.parametrize("number", range({_TESTS}))
def test_something(number, request):
    if number % 10 == 0:  # a run that fails ends with a code that is not 0
        request.applymarker(pytest.mark.xfail(reason="each tenth"))
    assert number % 10, f"expected anything but {{number}}"
"""
# The journal is read once in any case; the page is what the second adds to the first.
_READ = """\
import sys
from pathlib import Path
from agentrig.reporters import HtmlReporter, Tally, read_journal
from agentrig.stream import replay

reporters = [Tally()] if sys.argv[1] == "read" else [HtmlReporter(Path("page.html"))]
replay(read_journal(Path("results/events.jsonl").read_bytes(), name="journal"), reporters)
"""
_INTRODUCTION = f"""\
One Python module of {_TESTS:,} tests, of which each tenth fails, as expected. agentrig's page is made from the
journal of its run: its time is that of a process that reads the journal and writes the page, and
what the page adds to reading alone. That of pytest-html, self-contained, is the time of pytest
with it over that of pytest without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rounds:
    whole: list[Cost]
    added: list[Cost]
    file: Path

    @property
    def mb(self) -> float:
        return self.file.stat().st_size / 1e6


def _measure(field: Field) -> Figures:
    folder = field.folder / "module"
    folder.mkdir()
    (folder / "test_module.py").write_text(_MODULE, encoding="utf-8")
    _run(field, folder, (PROGRAM, "run", "."))
    reading = (sys.executable, "-c", _READ)
    pages = {
        "agentrig": _rounds(
            field, folder, (*reading, "read"), (*reading, "page"), file=folder / "page.html"
        )
    }
    missing = ""
    try:
        pytest = (str(python_programs("pytest-html") / "pytest"), *PYTEST_ARGS, "--tb=short")
    except UnavailableError as error:
        missing = f"\n\npytest-html is not measured, it cannot be had on this machine: {error}"
    else:
        options = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin")
        with_page = (*pytest, *options, "--html=theirs.html", "--self-contained-html")
        file = folder / "theirs.html"
        pages["pytest-html"] = _rounds(field, folder, pytest, with_page, file=file)
    rows = [("", "whole s", "the page s", "MB")]
    rows += [
        (name, _seconds(one.whole), _seconds(one.added), f"{one.mb:.2f}")
        for name, one in pages.items()
    ]
    own = pages["agentrig"]
    goals = (
        Goal(
            title=f"HTML of {_TESTS:,} results",
            measured=median(one.elapsed_s for one in own.whole),
            unit=" s",
            at_most=_AT_MOST_S,
        ),
        Goal(
            title=f"HTML of {_TESTS:,} results: size",
            measured=own.mb,
            unit=" MB",
            at_most=_AT_MOST_MB,
        ),
    )
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}{missing}", goals=goals)


def _rounds(
    field: Field,
    folder: Path,
    without: tuple[str, ...],
    with_page: tuple[str, ...],
    *,
    file: Path,
) -> _Rounds:
    whole: list[Cost] = []
    added: list[Cost] = []
    for _ in range(field.rounds):
        base = _run(field, folder, without)
        run = _run(field, folder, with_page)
        whole.append(run)
        added.append(Cost(elapsed_s=run.elapsed_s - base.elapsed_s, cpu_s=run.cpu_s - base.cpu_s))
    return _Rounds(whole=whole, added=added, file=file)


def _run(field: Field, folder: Path, command: tuple[str, ...]) -> Cost:
    contender = Contender(name=command[0], command=command, folder=folder, chats=0)
    run = run_once(contender, field.server)
    return Cost(elapsed_s=run.elapsed_s, cpu_s=run.cpu_s)


def _seconds(costs: list[Cost]) -> str:
    return f"{median(cost.elapsed_s for cost in costs):.2f}"


PAGE = Part(title="10,000 results as a page", tools=("agentrig",), rounds=3, measure=_measure)
