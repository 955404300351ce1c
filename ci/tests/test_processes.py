from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kube.engineless.processes import Process, ancestors, look_at, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which Linux has")

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)", "a word")


@pytest.fixture
def sleeper() -> Iterator[tuple[subprocess.Popen[bytes], Process]]:
    with subprocess.Popen(SLEEP, env={"RIG": "a=b"}) as child:
        try:
            assert wait_until(lambda: _argv(child.pid) == SLEEP, timeout_s=10)
            process = look_at(child.pid)
            assert process is not None
            yield child, process
        finally:
            child.kill()


def _argv(pid: int) -> tuple[str, ...] | None:
    process = look_at(pid)
    return process.argv if process else None


def test_process_is_known_by_its_command_line_and_environment(
    sleeper: tuple[subprocess.Popen[bytes], Process],
) -> None:
    child, process = sleeper
    assert process.pid == child.pid
    assert process.program == os.path.basename(sys.executable)  # noqa: PTH119 (as it is defined)
    assert process.environment("RIG") == "a=b"
    assert process.environment("RI") is None
    assert process.namespace("net") == os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


def test_signal_reaches_the_process(sleeper: tuple[subprocess.Popen[bytes], Process]) -> None:
    child, process = sleeper
    process.send(signal.SIGTERM)
    assert child.wait(10) == -signal.SIGTERM
    assert look_at(child.pid) is None
    process.send(signal.SIGTERM)


def test_process_that_took_over_a_number_gets_no_signal(
    sleeper: tuple[subprocess.Popen[bytes], Process],
) -> None:
    child, process = sleeper
    replace(process, started="1").send(signal.SIGKILL)
    replace(process, argv=("another", "program")).send(signal.SIGKILL)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.2)


def test_ended_process_that_nobody_has_collected_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        # os.waitid leaves it a zombie, as it stays for a moment in any case.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert look_at(child.pid) is None


def test_ancestors_are_this_process_and_its_parents() -> None:
    assert {os.getpid(), os.getppid()} <= ancestors()


def test_wait_ends_with_the_condition_or_the_time() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), timeout_s=10, every_s=0)
    assert not wait_until(lambda: False, timeout_s=0.01, every_s=0.001)
