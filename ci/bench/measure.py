"""Runs of commands, timed, paired and verified."""

from __future__ import annotations

import os
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
    from bench.workloads import Contender, Workload

__all__ = ["Run", "interleave"]

LIMIT_S = 300
_MAX_OUTPUT_BYTES = 4_000

# The rest stays out: what a shell has set (PYTHONDONTWRITEBYTECODE, PYTEST_ADDOPTS, proxies,
# AGENTRIG_*) must not favour one tool. Thus every tool may write and use its byte code.
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")

# ru_maxrss is in bytes on macOS, in KiB elsewhere.
_MAXRSS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one command, from its start to its end as its parent sees them.

    `cpu_s` is user and system time; `peak_mib` the largest resident set.
    """

    elapsed_s: float
    cpu_s: float
    peak_mib: float


def interleave(
    contenders: Sequence[Contender], workload: Workload, *, server: Server, rounds: int
) -> dict[str, list[Run]]:
    """Run A B C A B C ..., so that what slows the machine down slows all of them down.

    A first round is not counted: it writes byte code and fills the page cache. Raises BenchError
    when a command fails, or did not do its work.
    """
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            run = _run(contender, workload, server)
            if number > 0:
                runs[contender.name].append(run)
    return runs


def _run(contender: Contender, workload: Workload, server: Server) -> Run:
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
        if process.returncode != 0 or chats != workload.chats:
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - _MAX_OUTPUT_BYTES))
            raise BenchError(
                f"{contender.name} did not do its work: exit code {process.returncode}, "
                f"{chats} of {workload.chats} chats\n{output.read().decode(errors='replace')}"
            )
    return Run(
        elapsed_s=elapsed_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / _MAXRSS_PER_MIB,
    )
