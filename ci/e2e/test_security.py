"""Every mode in a namespace that enforces `restricted`, as a user id that the image never heard of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from e2e.commands import finish, get, kubectl, run, until

# As OpenShift picks one, from the range of a namespace.
UID = 1_000_690_000
MODULE = f"""
import os
import tempfile
from pathlib import Path

import pytest


def test_it_is_nobody_in_particular():
    assert (os.getuid(), os.getgid()) == ({UID}, 0)


def test_it_may_write_where_programs_do():
    Path.home().joinpath(".cache", "tool").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        assert Path(folder).is_dir()


@pytest.mark.parametrize("folder", ["/", "/etc", "/home", "/scenarios", "/usr/local", "/var"])
def test_it_may_write_nowhere_else(folder):
    with pytest.raises(OSError):
        Path(folder, "file").write_text("x")
"""
VALUES: dict[str, Any] = {
    "podSecurityContext": {"runAsUser": UID},
    "scenarios": {"inline": {"test_user.py": MODULE}},
}


@pytest.mark.parametrize("mode", ["job", "sharded"])
def test_job_runs_as_any_user(install: Any, mode: str) -> None:
    shards = {"shards": {"count": 2}} if mode == "sharded" else {}
    release = install({**VALUES, **shards, "mode": mode})
    done = finish(release.job(), release.namespace)
    assert set(done.exit_codes) == {0}, done.log
    assert done.condition["type"] == "Complete"


def test_cronjob_runs_as_any_user(install: Any) -> None:
    release = install({**VALUES, "mode": "cronjob", "cronjob": {"schedule": "0 0 1 1 *"}})
    cronjob = kubectl("get", "cronjobs", "-n", release.namespace, "-o", "name").strip()
    kubectl("create", "job", "by-hand", f"--from={cronjob}", "-n", release.namespace)
    done = finish("by-hand", release.namespace)
    assert done.exit_codes == [0], done.log


def test_helm_test_runs_as_any_user(install: Any) -> None:
    release = install({**VALUES, "mode": "hook"})
    done = run("helm", "test", release.name, "-n", release.namespace, "--logs", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


LONG = "name: It takes a while\nsteps: [{wait: 15s}]\n"
SHORT = "name: It is soon over\nsteps: [{wait: 10ms}]\n"


def evict(pod: str, namespace: str) -> str:
    """Ask for an eviction, as the drain of a node does; give what is said against it."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    asked = run(
        *("kubectl", "create", "--raw", path, "-f", "-"), stdin=json.dumps(eviction), check=False
    )
    return asked.stderr


def test_drain_waits_until_every_shard_is_over(install: Any) -> None:
    release = install(
        {
            "mode": "sharded",
            "shards": {"count": 2},
            "scenarios": {"inline": {"a.yaml": LONG, "b.yaml": SHORT}},
            "podDisruptionBudget": {"enabled": True},
        }
    )
    phases: dict[str, str] = {}

    def one_is_over() -> bool:
        phases.update((pod["metadata"]["name"], pod["status"]["phase"]) for pod in release.pods())
        return sorted(phases.values()) == ["Running", "Succeeded"]

    until(one_is_over, "one shard is over")
    running = next(name for name, phase in phases.items() if phase == "Running")
    budget = f"{release.name}-agentrig-runner"
    until(
        lambda: get("pdb", budget, release.namespace)["status"].get("currentHealthy") == 1,
        "the budget is counted",
    )
    refused = evict(running, release.namespace)
    assert "Cannot evict pod as it would violate the pod's disruption budget" in refused

    done = finish(release.job(), release.namespace)
    assert done.condition["type"] == "Complete", done.log
    # What is over hinders no drain.
    assert not evict(running, release.namespace)


def test_drain_does_not_wait_for_what_has_no_budget(install: Any) -> None:
    release = install({"scenarios": {"inline": {"a.yaml": LONG}}, "job": {"backoffLimit": 0}})
    until(lambda: [pod["status"]["phase"] for pod in release.pods()] == ["Running"], "the pod runs")
    assert not evict(release.pods()[0]["metadata"]["name"], release.namespace)
