"""What goes wrong with the cluster itself, for all who are in it: these tests run alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from e2e.commands import WITHIN_S, kubectl, run, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
# The API goes away in the pause, and is back long after it.
OUTLASTING = """
name: Waits
steps:
  - name: Make
    kubernetes:
      apply:
        manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: waits}, data: {a: "1"}}
  - {name: Pause, wait: 3s}
  - name: See
    timeout: 60s
    kubernetes: {wait: {object: cm/waits, jq: .data.a == "1"}}
---
name: Puts back
steps:
  - name: Make
    kubernetes:
      apply:
        manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: put-back}, data: {a: "1"}}
  - {name: Pause, wait: 3s}
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


def test_steps_wait_and_put_back_although_the_api_does_not_answer(
    namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "outlasting.yaml").write_text(OUTLASTING, encoding="utf-8")
    results = tmp_path / "results"
    command = ["agentrig", "run", ".", "--namespace", namespace, "--results", str(results)]
    with (
        (tmp_path / "output.txt").open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=tmp_path) as process,
    ):
        until(lambda: len(ours(namespace)) == 2, "both have begun")
        with stopped("kube-apiserver"):
            time.sleep(15)
        code = process.wait(WITHIN_S)

    assert code == 0, (tmp_path / "output.txt").read_text(encoding="utf-8")
    assert ours(namespace) == []


def ours(namespace: str) -> list[str]:
    """List the objects that the scenarios make."""
    found = json.loads(kubectl("get", "configmaps", "-n", namespace, "-o", "json"))["items"]
    names = [one["metadata"]["name"] for one in found]
    return [name for name in names if name in {"waits", "put-back"}]
