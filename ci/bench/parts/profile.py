"""Where the time of 1,000 steps goes: a sampling profiler looks on from outside."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from bench.errors import UnavailableError
from bench.install import python_programs
from bench.layers import LAYERS, layer
from bench.measure import interleave, run_once
from bench.part import Field, Figures, Part
from bench.report import table
from bench.workload import Contender, Workload

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PROFILE", "read_samples"]

_WORKLOAD = Workload(files=50, steps=20)
# Each look stops the process: at 1,000 Hz it hardly gets on, and deep stacks count too often.
_RATE_HZ = 200
_INTRODUCTION = """\
The 1,000 steps again, with py-spy looking on from another process {rate} times a second: in
which layer the Python is that runs, that is, holds the interpreter's lock. Each of the {samples}
samples belongs to the innermost layer that is known. Looking on makes the run slower, so that the
milliseconds are the shares of a run without it: {elapsed:.0f} ms, and {cpu:.0f} ms of processor
time with that of Rust's threads (pyreqwest), which need no lock."""


def _measure(field: Field) -> Figures:
    try:
        program = python_programs("py-spy") / "py-spy"
    except UnavailableError as error:
        return Figures(text=f"py-spy cannot be had on this machine: {error}")
    alone = field.prepare("agentrig", _WORKLOAD)
    samples = field.folder / "samples.txt"
    options = ("--gil", "--format", "raw", "--full-filenames", "--rate", str(_RATE_HZ))
    watched = Contender(
        name="agentrig under py-spy",
        command=(
            *(str(program), "record", *options, "--output", str(samples), "--"),
            *alone.command,
        ),
        folder=alone.folder,
        chats=alone.chats,
    )
    runs = interleave([alone], server=field.server, rounds=field.rounds)[0]
    seen: Counter[str] = Counter()
    for _ in range(field.rounds):
        run_once(watched, field.server)
        seen += read_samples(samples.read_text("utf-8").splitlines())
    elapsed_ms = 1000 * median(run.elapsed_s for run in runs)
    shares = [(name, seen[name] / seen.total()) for name in LAYERS]
    introduction = _INTRODUCTION.format(
        rate=_RATE_HZ,
        samples=seen.total(),
        elapsed=elapsed_ms,
        cpu=1000 * median(run.cpu_s for run in runs),
    )
    rows = [(name, f"{share * elapsed_ms:.0f}", f"{share:.0%}") for name, share in shares]
    return Figures(text=f"{introduction}\n\n{table([('', 'ms', 'share'), *rows])}")


def read_samples(lines: Iterable[str]) -> Counter[str]:
    """Count the samples of each layer; a line is a stack and how often it was seen."""
    seen: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        seen[layer(stack)] += int(count)
    return seen


PROFILE = Part(title="Where the time goes", tools=("agentrig",), rounds=15, measure=_measure)
