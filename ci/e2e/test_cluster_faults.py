"""What goes wrong with the cluster itself, for all who are in it: these tests run alone."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from e2e.commands import run

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.alone

AGENTS = ("gymcoach", "research-agent", "trading-bot")
# Each asks for a name that has not been looked up before.
LATE = """
name: {agent} answers late
agent: {agent}
steps:
  - {{name: Pause, wait: 3s}}
  - {{name: Root, path: /, expect: {{status: 200}}}}
"""
LONG = """
name: A long pause
agent: gymcoach
steps:
  - {name: Before, path: /, expect: {status: 200}}
  - {name: Pause, wait: 25s}
  - {name: After, path: /, expect: {status: 200}}
"""

SHORT = """
name: A short pause
agent: gymcoach
steps:
  - {name: Pause, wait: 5s}
  - {name: After, path: /, expect: {status: 200}}
"""


@contextmanager
def stopped(component: str) -> Iterator[None]:
    """Stop a component of the cluster, as if its machine were too busy, and let it go on."""
    status = json.loads(run("ci/cluster", "status", "--json").stdout)
    pids = {one["name"]: one["pid"] for one in status["components"]}
    if not pids.get(component):
        pytest.skip(f"{component} is no process of this machine: the cluster is elsewhere")
    os.kill(pids[component], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pids[component], signal.SIGCONT)


def test_ten_seconds_without_dns_fail_no_test(launch: Any) -> None:
    files = {f"{agent}.yaml": LATE.format(agent=agent) for agent in AGENTS}
    started = launch({"scenarios": {"inline": files}})
    started.begun_pod()
    with stopped("coredns"):
        time.sleep(10)
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert ended.summary["counts"] == {"passed": len(AGENTS)}
    assert "FAILED" not in ended.output


def test_twenty_seconds_without_kubelet_change_nothing(launch: Any) -> None:
    started = launch({"scenarios": {"inline": {"long.yaml": LONG}}})
    started.begun_pod()
    with stopped("kubelet"):
        time.sleep(20)
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert ended.summary["counts"] == {"passed": 1}
    assert ended.summary["troubles"] == []
    assert len(started.pods()) == 1


def test_an_api_that_does_not_answer_while_a_run_ends_changes_nothing(launch: Any) -> None:
    started = launch({"scenarios": {"inline": {"short.yaml": SHORT}}})
    started.begun_pod()
    with stopped("kube-apiserver"):
        time.sleep(20)
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert ended.summary["counts"] == {"passed": 1}
    assert ended.summary["troubles"] == []
