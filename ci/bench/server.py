"""The HTTP server of a benchmark: a process of its own that answers chats and counts them."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError, UnavailableError
from bench.install import go_file

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "serving"]


class Server:
    """A running server: `url` is its base URL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until `process` listens."""
        self._process = process
        self.address = f"127.0.0.1:{int(self._ask())}"
        self.url = f"http://{self.address}"

    def take_count(self) -> int:
        """Give the number of chats answered since the last call."""
        if self._process.stdin is None:
            raise RuntimeError("the server has no standard input")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._ask())

    def _ask(self) -> str:
        if self._process.stdout is None:
            raise RuntimeError("the server has no standard output")
        return self._process.stdout.readline()


@contextmanager
def serving() -> Iterator[Server]:
    """Serve on a free port of this machine. Raises BenchError where there is no Go to build it."""
    try:
        program = go_file(Path(__file__).with_suffix(".go"))
    except UnavailableError as error:
        raise BenchError(f"the server of the benchmark cannot be built: {error}") from error
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Server(process)
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait()
