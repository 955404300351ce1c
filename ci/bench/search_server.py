"""A real OpenSearch for the benchmark, as the tests have one."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BenchError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["count_documents", "searching"]

_TOOLS = Path(__file__).resolve().parent.parent / "tools"
_START_S = 120


@contextmanager
def searching(folder: Path) -> Iterator[str]:
    """Run a server that keeps its data in `folder`; give its URL. Raises UnavailableError."""
    found = subprocess.run([_TOOLS, "opensearch-node"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise UnavailableError(found.stderr.strip())
    program = found.stdout.strip().partition("=")[2]
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{_port(process, folder)}"
    finally:
        process.terminate()
        process.wait()


def count_documents(url: str, index: str) -> int:
    """Count what an index holds; `index` may end with a star."""
    refresh = urllib.request.Request(f"{url}/{index}/_refresh", method="POST")  # noqa: S310  # ours
    with urllib.request.urlopen(refresh) as answer:  # noqa: S310  # ours
        answer.read()
    with urllib.request.urlopen(f"{url}/{index}/_count") as answer:  # noqa: S310  # ours
        return int(json.load(answer)["count"])


def _port(process: subprocess.Popen[bytes], folder: Path) -> int:
    deadline = time.monotonic() + _START_S
    while not (folder / "port").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"OpenSearch did not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.1)
    return int((folder / "port").read_text())
