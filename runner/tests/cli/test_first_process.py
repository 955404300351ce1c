"""agentrig as the first process of a container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


def can_unshare() -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_unshare(), reason="this system makes no namespaces of processes")
def test_sigterm_ends_what_has_not_begun() -> None:
    # It waits for its input, as a run waits for its files.
    command = [*UNSHARE, sys.executable, "-m", "agentrig", "report", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        for _ in range(300):
            # What comes before there is a handler, or a process, is lost.
            for pid in children.read_text().split():
                os.kill(int(pid), signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                break
        process.kill()
    assert process.returncode == 2
