"""The command line of `python ci/bench`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import report
from bench.errors import BenchError, UnavailableError
from bench.part import Field
from bench.parts import PARTS
from bench.server import serving
from bench.tools import TOOLS
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bench.report import Goal
    from bench.workload import Tool

__all__ = ["main"]

RESULTS = Path(__file__).with_name("RESULTS.md")

_FAIRNESS = """\
Each tool does the same work: POSTs with a JSON body, and four checks each: the status, and three
values of the JSON answer. They go to one local server, written in Go and kept to one core, that
counts them; a tool whose requests are too few, or that fails, ends the benchmark. agentrig writes
a journal, JUnit and a summary; the others write nothing. Rounds are interleaved, after one that
does not count; a ratio is the median of those of each round's pair. Times are those of whole
processes, from start to end."""
_EPILOG = """\
Tools are installed in folders of their own in the user's cache, pinned; one that cannot be had
is told with the reason. A goal that is missed is no failure: the exit code is 0."""


def main(args: Sequence[str] | None = None) -> int:
    """Measure and print; give the exit code."""
    options = _options(args)
    try:
        text = _measure(options.only, options.tools, options.rounds)
    except (BenchError, ClusterError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.record:
        RESULTS.write_text(f"{_heading()}\n{text}\n", encoding="utf-8")
    return 0


def _options(args: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python ci/bench",
        description="Measure agentrig beside other tools.",
        epilog=f"{_FAIRNESS} {_EPILOG}",
    )
    parser.add_argument("--record", action="store_true", help=f"write {RESULTS.name} too")
    parser.add_argument(
        "--only",
        type=_names(PARTS),
        default=tuple(PARTS),
        metavar="PART,...",
        help=f"leave out all other parts: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--tools",
        type=_names(TOOLS),
        default=tuple(TOOLS),
        metavar="TOOL,...",
        help=f"leave out all tools but agentrig and these: {', '.join(TOOLS)}",
    )
    parser.add_argument("--rounds", type=_rounds, metavar="N", help="of every part")
    options = parser.parse_args(args)
    if options.record and (len(options.only) < len(PARTS) or len(options.tools) < len(TOOLS)):
        parser.error("--record takes all parts and all tools: leave out --only and --tools")
    return options


def _measure(only: Collection[str], chosen: Collection[str], rounds: int | None) -> str:
    """Run the parts, printing each when it is there; give all of it."""
    said: list[str] = []

    def say(text: str) -> None:
        print(text + "\n", flush=True)
        said.append(text)

    parts = [part for name, part in PARTS.items() if name in only]
    say(f"{report.machine()}, {report.interpreter()}.")
    wanted = {key for part in parts for key in part.tools if key in chosen} | {"agentrig"}
    tools, missing = _install([key for key in TOOLS if key in wanted], say)
    goals: list[Goal] = []
    with serving() as server:
        for part in parts:
            with tempfile.TemporaryDirectory(prefix="agentrig-bench-") as folder:
                field = Field(
                    tools={key: tools[key] for key in part.tools if key in tools},
                    missing={key: missing[key] for key in part.tools if key in missing},
                    server=server,
                    folder=Path(folder),
                    rounds=rounds or part.rounds,
                )
                figures = part.measure(field)
            say(f"## {part.title}\n\n{figures.text}\n\n{_rounds_of(field)}")
            goals += figures.goals
    if goals:
        say(f"## Goals\n\n{report.goal_table(goals)}")
    return "\n\n".join(said)


def _install(
    keys: Sequence[str], say: Callable[[str], None]
) -> tuple[dict[str, Tool], dict[str, str]]:
    """Give the tools that are here, and why the others are not; tell of both."""
    tools: dict[str, Tool] = {}
    missing: dict[str, str] = {}
    lines = []
    for key in keys:
        tool = TOOLS[key]
        try:
            lines.append(f"- {tool.name}: {tool.install()}")
            tools[key] = tool
        except UnavailableError as error:
            missing[key] = str(error)
            lines.append(f"- {tool.name}: not measured, it cannot be had on this machine: {error}")
    say("\n".join(lines))
    return tools, missing


def _rounds_of(field: Field) -> str:
    return "One round." if field.rounds == 1 else f"{field.rounds} rounds."


def _heading() -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return f"# Measured on {today}\n\n`make bench` prints such tables.\n\n{_FAIRNESS}\n"


def _names(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(","))
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(
                f"{unknown[0]!r} is unknown; known are {', '.join(known)}"
            )
        return names

    return read


def _rounds(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 round")
    return number
