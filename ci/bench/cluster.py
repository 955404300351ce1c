"""A real cluster for a benchmark: the one that is up, or one of its own."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["IMAGE", "ROOT", "PodTimes", "in_cluster", "pod_times", "reach"]

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/agentrig:dev"
_CLUSTER = str(ROOT / "ci" / "cluster")
_LIMIT_S = 1800


@contextmanager
def reach() -> Iterator[None]:
    """Have a cluster with the runner's image. Raises UnavailableError where none can be had.

    One that is up stays up; its image may be of older code, and so is built and loaded anew.
    """
    was_up = subprocess.run([_CLUSTER, "status"], capture_output=True, check=False).returncode == 0
    try:
        if not was_up:
            _do(_CLUSTER, "up")
        _do(str(ROOT / "ci" / "image"), "--target", "core", "--tag", IMAGE)
        _do(_CLUSTER, "load", IMAGE)
        yield
    finally:
        if not was_up:
            subprocess.run([_CLUSTER, "down"], capture_output=True, check=False)


def in_cluster(command: Sequence[str]) -> tuple[str, ...]:
    """Give the command that runs `command` where the cluster can be reached."""
    return (_CLUSTER, "exec", "bash", "-c", f'PATH="{_folders()}:$PATH"; {" ".join(command)}')


@cache
def _folders() -> str:
    tools = [str(ROOT / "ci" / "tools"), "--path", "helm", "kubectl"]
    found = subprocess.run(tools, capture_output=True, text=True, check=True).stdout.strip()
    return f"{found}:{ROOT / '.venv' / 'bin'}"


class PodTimes:
    """When each pod of a namespace was scheduled and when it was over, by this machine's clock."""

    def __init__(self) -> None:
        """Know of no pod yet."""
        self.scheduled: dict[str, float] = {}
        self.over: dict[str, float] = {}

    def read(self, line: str) -> None:
        """Take a line of the watch: name, node and phase."""
        now = time.perf_counter()
        name, node, phase = json.loads(line)
        if node:
            self.scheduled.setdefault(name, now)
        if phase in {"Succeeded", "Failed"}:
            self.over.setdefault(name, now)

    def of(self, release: str) -> float:
        """Give the seconds that the one pod of a release took."""
        (name,) = (name for name in self.over if name.startswith(f"{release}-"))
        return self.over[name] - self.scheduled[name]


@contextmanager
def pod_times(namespace: str) -> Iterator[PodTimes]:
    """Watch the pods of a namespace."""
    fields = r'["{.metadata.name}","{.spec.nodeName}","{.status.phase}"]{"\n"}'
    watch = ("exec", "kubectl", "get", "pods", "-n", namespace, "--watch", "-o")
    times = PodTimes()
    with subprocess.Popen(
        in_cluster([*watch, f"'jsonpath={fields}'"]), stdout=subprocess.PIPE, text=True
    ) as process:
        reader = threading.Thread(target=_read, args=(process, times), daemon=True)
        reader.start()
        try:
            yield times
        finally:
            process.terminate()
            reader.join()


def _read(process: subprocess.Popen[str], times: PodTimes) -> None:
    for line in process.stdout or ():
        times.read(line)


def _do(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_LIMIT_S, cwd=ROOT
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise UnavailableError(said[-1] if said else f"{command[0]} failed")
