"""The command line of `python ci/bench`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import report, tavern
from bench.errors import BenchError
from bench.measure import interleave
from bench.report import Goal
from bench.server import serving
from bench.workloads import AGENTRIG, PYTEST, TAVERN, Workload, contenders
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.measure import Run

__all__ = ["main"]

RESULTS = Path(__file__).with_name("RESULTS.md")

START_UP = Workload(title="Start-up: 1 file of 1 step", files=1, steps=1)
STEPS = Workload(title="1,000 steps in 50 files", files=50, steps=20)

_FAIRNESS = """\
Each tool does the same work: POSTs with a JSON body and four checks each, to one local server
that counts them. agentrig runs files at the same time and writes a journal, JUnit and a summary;
the others run one file after the other and write nothing. Each file of pytest + httpx opens one
client of its own, which takes httpx 20 ms. Rounds are interleaved, after one that does not count.
Times are those of whole processes, from start to end."""
_EPILOG = """\
A run that fails, or whose requests did not reach the server, ends the benchmark with exit
code 1; a goal that is missed does not."""


def main(args: Sequence[str] | None = None) -> int:
    """Measure and print; give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python ci/bench",
        description="Measure agentrig's start-up and throughput beside pytest + httpx and Tavern.",
        epilog=f"{_FAIRNESS} {_EPILOG}",
    )
    parser.add_argument("--record", action="store_true", help=f"write {RESULTS.name} too")
    parser.add_argument("--start-rounds", type=_rounds, default=21, metavar="N", help="default: 21")
    parser.add_argument("--step-rounds", type=_rounds, default=7, metavar="N", help="default: 7")
    options = parser.parse_args(args)
    try:
        text = _measure({START_UP: options.start_rounds, STEPS: options.step_rounds})
    except (BenchError, ClusterError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.record:
        RESULTS.write_text(f"{_heading()}\n{text}\n", encoding="utf-8")
    return 0


def _measure(rounds: Mapping[Workload, int]) -> str:
    """Run both workloads, printing each part when it is there; give all of it."""
    parts: list[str] = []

    def say(part: str) -> None:
        print(part + "\n", flush=True)
        parts.append(part)

    tavern_bin = tavern.ensure()
    say(f"{report.machine()}.\n{report.versions(tavern.distributions(tavern_bin))}.")
    runs: dict[Workload, dict[str, list[Run]]] = {}
    with tempfile.TemporaryDirectory(prefix="agentrig-bench-") as folder, serving() as server:
        for number, (workload, count) in enumerate(rounds.items()):
            field = contenders(
                workload, Path(folder, str(number)), url=server.url, tavern_bin=tavern_bin
            )
            runs[workload] = interleave(field, workload, server=server, rounds=count)
            say(report.run_table(workload, runs[workload]))
    say(report.goal_table(_goals(runs[START_UP], runs[STEPS])))
    return "\n\n".join(parts)


def _goals(start_up: Mapping[str, list[Run]], steps: Mapping[str, list[Run]]) -> list[Goal]:
    return [
        Goal(
            title="start-up: agentrig / pytest + httpx",
            over=start_up[AGENTRIG],
            under=start_up[PYTEST],
            at_most=1.3,
        ),
        Goal(
            title="start-up, worst pair: agentrig / pytest + httpx",
            over=start_up[AGENTRIG],
            under=start_up[PYTEST],
            at_most=0.45 / 0.25,
            worst=True,
        ),
        Goal(title="start-up: Tavern / agentrig", over=start_up[TAVERN], under=start_up[AGENTRIG]),
        Goal(
            title="1,000 steps: Tavern / agentrig",
            over=steps[TAVERN],
            under=steps[AGENTRIG],
            at_least=3,
        ),
        Goal(
            title="1,000 steps: pytest + httpx / agentrig",
            over=steps[PYTEST],
            under=steps[AGENTRIG],
        ),
    ]


def _heading() -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return f"# Measured on {today}\n\n`make bench` prints such tables.\n\n{_FAIRNESS}\n"


def _rounds(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 round")
    return number
