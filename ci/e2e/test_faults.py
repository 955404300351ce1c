"""What goes wrong in a cluster: each fault with its Job's status, exit code and report."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import yaml

from e2e.commands import kubectl

# Two steps with a pause between them, so that there is a middle.
PAUSE = """
name: A pause in the middle
agent: gymcoach
steps:
  - {name: Before, path: /, expect: {status: 200}}
  - {name: Pause, wait: 6s}
  - {name: After, path: /, expect: {status: 200}}
"""
QUICK = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
EATS_MEMORY = """
def test_eats_memory():
    assert bytearray(700 << 20)
"""
FILLS_DISK = """
import time

def test_fills_the_disk():
    with open("/results/large", "wb") as file:
        file.write(bytes(48 << 20))
    time.sleep(100)
"""


def inline(**files: str) -> dict[str, Any]:
    named = {name.replace("__", "."): text for name, text in files.items()}
    return {"scenarios": {"inline": named}}


def troubles(ended: Any) -> set[str]:
    return {one["reason"] for one in ended.summary["troubles"]}


def test_evicted_pod_is_replaced_and_the_run_passes(launch: Any) -> None:
    started = launch(inline(pause__yaml=PAUSE))
    pod = started.begun_pod()["metadata"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod["name"], "namespace": pod["namespace"]},
    }
    place = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}/eviction"
    kubectl("create", "--raw", place, "-f", "-", stdin=json.dumps(eviction))
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert ended.job["status"].get("failed", 0) == 0
    assert "evict" in ended.output.lower()
    assert ended.summary["counts"] == {"passed": 1}


def test_deleted_pod_is_replaced_and_the_run_passes(launch: Any) -> None:
    started = launch(inline(pause__yaml=PAUSE))
    pod = started.begun_pod()["metadata"]
    kubectl("delete", "pod", pod["name"], "-n", pod["namespace"], "--wait=false")
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert pod["name"] in ended.output
    assert ended.summary["counts"] == {"passed": 1}


def test_killed_runner_is_started_again_and_the_run_passes(launch: Any) -> None:
    started = launch(inline(pause__yaml=PAUSE))
    pod = started.begun_pod()["metadata"]
    kill_runner(pod["uid"])
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert "137" in ended.output
    assert ended.summary["counts"] == {"passed": 1}


def test_runner_out_of_memory_names_the_limit(launch: Any) -> None:
    started = launch({**inline(test_eats__py=EATS_MEMORY), "job": {"backoffLimit": 1}})
    ended = started.ended()

    assert (ended.code, *ended.condition) == (3, "Failed", "BackoffLimitExceeded"), ended.output
    assert "OOMKilled" in troubles(ended)
    assert "resources.limits.memory" in ended.output
    assert ended.junit.errors > 0
    assert ended.junit.failures == 0


def test_full_disk_names_the_volume_and_its_limit(launch: Any) -> None:
    values = {"job": {"backoffLimit": 0}, "volumes": {"resultsSizeLimit": "16Mi"}}
    ended = launch({**inline(test_fills__py=FILLS_DISK), **values}).ended()

    assert (ended.code, ended.condition[0]) == (3, "Failed"), ended.output
    assert "Evicted" in troubles(ended)
    assert "16Mi" in ended.output


def test_shard_that_never_starts_is_no_pass(launch: Any) -> None:
    resources = {"requests": {"cpu": "500"}, "limits": {"cpu": "500"}}
    pauses = inline(**{f"pause_{number}__yaml": PAUSE for number in range(4)})
    values = {"mode": "sharded", "shards": {"count": 2, "parallelism": 2}, "resources": resources}
    ended = launch({**pauses, **values}).ended()

    assert ended.code == 3, ended.output
    assert "Unschedulable" in troubles(ended)
    assert "too little cpu" in ended.output
    assert ended.summary["outcome"] == "error"


def test_image_that_is_not_there_ends_the_run_at_once(launch: Any) -> None:
    image = {"repository": "localhost/agentrig", "tag": "no-such", "pullPolicy": "Never"}
    ended = launch({**inline(quick__yaml=QUICK), "image": image}, "--no-preflight").ended(
        within_s=60
    )

    assert ended.code == 3, ended.output
    assert "localhost/agentrig:no-such" in ended.output
    assert ended.summary["outcome"] == "error"


def test_missing_secret_is_named_before_anything_is_installed(launch: Any) -> None:
    env = {"API_KEY": {"secretKeyRef": {"name": "no-such-secret", "key": "api-key"}}}
    ended = launch({**inline(quick__yaml=QUICK), "env": env}).ended(within_s=60)

    assert ended.code == 3, ended.output
    assert "no-such-secret" in ended.output
    assert not ended.job


def test_missing_secret_ends_the_run_at_once_without_preflight(launch: Any) -> None:
    env = {"API_KEY": {"secretKeyRef": {"name": "no-such-secret", "key": "api-key"}}}
    started = launch({**inline(quick__yaml=QUICK), "env": env}, "--no-preflight")
    ended = started.ended(within_s=60)

    assert ended.code == 3, ended.output
    assert "CreateContainerConfigError" in troubles(ended)
    assert "no-such-secret" in ended.output


def test_pod_that_a_restricted_namespace_refuses(launch: Any) -> None:
    privileged = {
        "name": "database",
        "image": "localhost/agentrig:dev",
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": {"privileged": True, "allowPrivilegeEscalation": True},
    }
    values = {**inline(quick__yaml=QUICK), "sidecars": [privileged]}
    ended = launch(values, "--no-preflight").ended(within_s=60)

    assert ended.code == 3, ended.output
    assert "privileged" in ended.output
    assert "restricted" in ended.output


def test_step_without_rights_names_what_is_forbidden(launch: Any) -> None:
    scale = (
        "name: Scale\nagent: gymcoach\n"
        "steps: [{kubernetes: {scale: {object: deployment/gymcoach, replicas: 1}}}]\n"
    )
    values = {**inline(scale__yaml=scale), "rbac": {"preset": "read-pods"}}
    values["job"] = {"backoffLimit": 0}
    ended = launch(values).ended()

    assert ended.code == 3, ended.output
    assert "forbidden" in ended.output
    assert "deployments" in ended.output


def test_two_runs_at_once_keep_their_results_apart(launch: Any) -> None:
    first = launch(inline(quick__yaml=QUICK), release="one")
    wrong = inline(quick__yaml=QUICK.replace("200", "418"))
    second = launch(wrong, release="two")
    passed, failed = first.ended(), second.ended()

    assert (passed.code, passed.condition[0]) == (0, "Complete"), passed.output
    assert (failed.code, *failed.condition) == (1, "Failed", "PodFailurePolicy"), failed.output
    assert passed.summary["counts"] == {"passed": 1}
    assert failed.summary["counts"] == {"failed": 1}


def test_twenty_shards_of_four_hundred_scenarios(launch: Any) -> None:
    rows = [{"number": number} for number in range(400)]
    many = {
        "name": "Row ${data.number}",
        "agent": "gymcoach",
        "data": "rows.data.yaml",
        "steps": [{"name": "Root", "path": "/", "expect": {"status": 200}}],
    }
    files = {"many.yaml": yaml.safe_dump(many), "rows.data.yaml": yaml.safe_dump(rows)}
    values = {
        "mode": "sharded",
        "scenarios": {"inline": files},
        "shards": {"count": 20, "parallelism": 5},
        # The agent has a tenth of a processor: eighty at once are too many for it.
        "run": {"args": ["-c", "2"]},
        "resources": {"requests": {"cpu": "50m"}},
    }
    ended = launch(values).ended(within_s=300)

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    assert ended.summary["counts"] == {"passed": 400}
    assert ended.summary["shards"] == 20
    assert ended.junit.tests == 400


def test_inline_suite_of_more_than_a_mebibyte_is_refused(launch: Any) -> None:
    large = QUICK + "# " + "x" * 1_250_000
    ended = launch(inline(large__yaml=large)).ended(within_s=60)

    assert ended.code == 4, ended.output
    assert "1 MiB" in ended.output
    assert not ended.job


def kill_runner(pod_uid: str) -> None:
    """End the runner of a pod by its process on this machine, as a kernel would."""
    own = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and is_runner(folder, pod_uid)
    ]
    assert own, "the runner is no process of this machine: the cluster is elsewhere"
    for pid in own:
        os.kill(pid, signal.SIGKILL)


def is_runner(process: Path, pod_uid: str) -> bool:
    try:
        in_pod = pod_uid in (process / "cgroup").read_text().replace("_", "-")
        return in_pod and b"agentrig" in (process / "cmdline").read_bytes()
    except OSError:
        return False
