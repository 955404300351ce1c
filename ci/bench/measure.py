"""Runs of commands, timed, paired and verified."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.server import Server
    from bench.workload import Contender

__all__ = ["Cost", "Run", "interleave", "per_step", "run_once"]

LIMIT_S = 900
_MAX_OUTPUT_BYTES = 4_000

# The rest stays out: what a shell has set (PYTHONDONTWRITEBYTECODE, PYTEST_ADDOPTS, proxies,
# AGENTRIG_*) must not favour one tool. Thus every tool may write and use its byte code.
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")

# ru_maxrss is in bytes on macOS, in KiB elsewhere.
_MAXRSS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something took: `cpu_s` is user and system time."""

    elapsed_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Cost):
    """One run of one command, from its start to its end as its parent sees them.

    `peak_mib` is the largest resident set; None if it was not larger than that of the benchmark
    itself, which the kernel counts as the command's until the command's program is loaded.
    """

    peak_mib: float | None


def interleave(contenders: Sequence[Contender], *, server: Server, rounds: int) -> list[list[Run]]:
    """Run A B C A B C ..., so that what slows the machine down slows all of them down.

    Gives the runs of each contender, in order. A first round is not counted: it writes byte code
    and fills the page cache. Raises BenchError when a command fails, or did not do its work.
    """
    runs: list[list[Run]] = [[] for _ in contenders]
    for number in range(rounds + 1):
        for contender, own in zip(contenders, runs, strict=True):
            run = run_once(contender, server)
            if number > 0:
                own.append(run)
    return runs


def per_step(
    few: Sequence[Run], few_steps: int, many: Sequence[Run], many_steps: int
) -> list[Cost]:
    """Give what one more step takes: the slope between two sizes, of each round's pair."""
    more = many_steps - few_steps
    return [
        Cost(
            elapsed_s=(large.elapsed_s - small.elapsed_s) / more,
            cpu_s=(large.cpu_s - small.cpu_s) / more,
        )
        for small, large in zip(few, many, strict=True)
    ]


def run_once(contender: Contender, server: Server) -> Run:
    """Run a command once. Raises BenchError as `interleave` does."""
    server.take_count()
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        with subprocess.Popen(
            contender.command,
            cwd=contender.folder,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process:
            limit = threading.Timer(LIMIT_S, process.kill)
            limit.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            finally:
                limit.cancel()
            elapsed_s = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
        chats = server.take_count()
        if process.returncode != 0 or chats != contender.chats:
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - _MAX_OUTPUT_BYTES))
            raise BenchError(
                f"{contender.name} did not do its work: exit code {process.returncode}, "
                f"{chats} of {contender.chats} chats\n{output.read().decode(errors='replace')}"
            )
    own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Run(
        elapsed_s=elapsed_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / _MAXRSS_PER_MIB if usage.ru_maxrss > own_peak else None,
    )
