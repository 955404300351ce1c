"""Loading files: what `agentrig lint` takes beside the parsing of their YAML alone."""

from __future__ import annotations

import sys
from statistics import median

from bench.measure import interleave
from bench.part import Field, Figures, Part
from bench.report import Goal, run_table
from bench.tools.agentrig import PROGRAM
from bench.workload import Contender, Workload

__all__ = ["LOADING"]

_WORKLOAD = Workload(files=2_000, steps=5)
_PARSE = """\
import pathlib
import yaml

for path in sorted(pathlib.Path(".").iterdir()):
    with path.open("rb") as file:
        yaml.load(file, Loader=yaml.CSafeLoader)
"""
_INTRODUCTION = """\
2,000 files of five steps: found and checked by `agentrig lint`, and parsed by PyYAML's safe
loader over libyaml. Both are whole processes."""


def _measure(field: Field) -> Figures:
    folder = field.prepare("agentrig", _WORKLOAD).folder
    contenders = [
        Contender(name="agentrig lint", command=(PROGRAM, "lint", "."), folder=folder, chats=0),
        Contender(
            name="yaml.CSafeLoader",
            command=(sys.executable, "-c", _PARSE),
            folder=folder,
            chats=0,
        ),
    ]
    runs = interleave(contenders, server=field.server, rounds=field.rounds)
    more = [lint.elapsed_s - parse.elapsed_s for lint, parse in zip(runs[0], runs[1], strict=True)]
    rows = [(contender.name, own) for contender, own in zip(contenders, runs, strict=True)]
    return Figures(
        text=f"{_INTRODUCTION}\n\n{run_table(rows)}",
        goals=(
            Goal(
                title="2,000 files: agentrig lint - yaml.CSafeLoader",
                measured=median(more),
                unit=" s",
                at_most=2,
            ),
        ),
    )


LOADING = Part(title="Loading 2,000 files", tools=("agentrig",), rounds=5, measure=_measure)
