"""Many runs of `agentrig` as processes of their own, forked from one that has imported it all.

    with fork_server() as server:
        run = server.start("run", ".", cwd=folder)
        os.kill(run.pid, signal.SIGKILL)
        code = run.wait()

Starting an interpreter and importing takes longer than many a run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from agentrig.cli import main
from tests.support.rig import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ForkServer", "Forked", "fork_server"]

WARM = (
    *("agentrig.cli.run", "agentrig.pytest_plugin", "agentrig.resume", "agentrig.steps.http"),
    *("agentrig.store", "pytest_timeout"),
)
BROKEN = 99


@dataclass(frozen=True, kw_only=True)
class Forked:
    """A run, which may be killed as long as nobody has waited for it; `output` is what it prints."""

    pid: int
    output: Path
    server: ForkServer

    def wait(self) -> int:
        """Wait for its end; give the exit code, negative for the signal that killed it."""
        return self.server.ask({"wait": self.pid})

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")


class ForkServer:
    """Starts one run at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def start(self, *args: str, cwd: Path) -> Forked:
        """Begin `agentrig ARGS`."""
        output = cwd / "output.txt"
        pid = self.ask({"args": args, "cwd": str(cwd), "output": str(output)})
        return Forked(pid=pid, output=output, server=self)

    def ask(self, request: object) -> int:
        """Send a request, and give the number that is the answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def fork_server() -> Iterator[ForkServer]:
    """Run a server for as long as the context is open."""
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.fork_server"],
        cwd=root,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield ForkServer(process)
        finally:
            process.kill()


def _serve() -> None:
    for name in WARM:
        import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        if pid := asked.get("wait"):
            answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _run(**asked)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _run(*, args: list[str], cwd: str, output: str) -> NoReturn:
    code = BROKEN
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for number, descriptor in enumerate((nothing, file, file)):
            os.dup2(descriptor, number)
        os.chdir(cwd)
        main(args)
    except SystemExit as ended:
        code = int(str(ended.code or 0))
    except BaseException:  # noqa: BLE001  # nothing may get out into the server's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
