"""A run in shards, and a run with a container beside it, as Kubernetes sees them end."""

from __future__ import annotations

from typing import Any

from e2e.commands import DEMO_IMAGE, finish

ROOT = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
LIMITS = {"limits": {"cpu": "500m", "memory": "192Mi"}}


def test_shards_share_the_scenarios_and_pass(install: Any) -> None:
    suite = {f"root-{number}.yaml": ROOT for number in range(8)}
    release = install(
        {
            "mode": "sharded",
            "shards": {"count": 3, "parallelism": 2},
            "scenarios": {"inline": suite},
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.condition["type"] == "Complete"
    # What went wrong around a shard, if anything, was tried again.
    passed = [one for one in done.terminations if one["outcome"] == "passed"]
    assert len(passed) == done.exit_codes.count(0) == 3
    planned = [summary["planned"] for summary in passed]
    assert sum(planned) == len(suite)
    assert len([number for number in planned if number]) > 1
    assert {summary["run"] for summary in passed} == {f"{release.name}-1"}


def test_a_shard_that_fails_ends_alone_and_the_job_is_failed(install: Any) -> None:
    suite = {f"root-{number}.yaml": ROOT for number in range(8)}
    suite["root-3.yaml"] = ROOT.replace("200", "418")
    release = install({"mode": "sharded", "shards": {"count": 3}, "scenarios": {"inline": suite}})
    done = finish(release.job(), release.namespace)
    assert (done.condition["type"], done.condition["reason"]) == ("Failed", "FailedIndexes")
    # None is tried again, and none is ended because of another.
    assert sorted(done.exit_codes) == [0, 0, 1]
    assert sum(summary["planned"] for summary in done.terminations) == len(suite)


def test_an_invalid_scenario_ends_all_shards(install: Any) -> None:
    suite = {"root.yaml": ROOT, "wrong.yaml": ROOT.replace("path", "pth")}
    release = install(
        {
            "mode": "sharded",
            "shards": {"count": 4, "parallelism": 1},
            "scenarios": {"inline": suite},
        }
    )
    done = finish(release.job(), release.namespace)
    assert (done.condition["type"], done.condition["reason"]) == ("Failed", "PodFailurePolicy")
    assert done.exit_codes == [4]


def test_a_sidecar_is_there_from_the_start_and_keeps_no_job_alive(install: Any) -> None:
    beside = {
        "name": "agent",
        "image": f"{DEMO_IMAGE['repository']}:{DEMO_IMAGE['tag']}",
        "imagePullPolicy": DEMO_IMAGE["pullPolicy"],
        "args": ["demo", "agent", "gymcoach", "--host", "0.0.0.0", "--port", "8000"],
        "startupProbe": {"httpGet": {"path": "/health/live", "port": 8000}, "periodSeconds": 1},
        "resources": LIMITS,
    }
    before = {
        "name": "before",
        "image": beside["image"],
        "imagePullPolicy": "Never",
        "args": ["--version"],
        "resources": LIMITS,
    }
    release = install(
        {
            "scenarios": {"inline": {"root.yaml": ROOT}},
            "run": {"via": "direct", "targets": {"proxy": "http://127.0.0.1:8000"}},
            "sidecars": [beside],
            "initContainers": [before],
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.condition["type"] == "Complete", done.log
    assert done.exit_codes == [0]
    names = [status["name"] for status in done.pods[0]["status"]["initContainerStatuses"]]
    assert names == ["agent", "before"]


def test_a_run_that_is_past_its_deadline_leaves_its_log(install: Any) -> None:
    slow = """
name: Slow
agent: gymcoach
steps:
  - {wait: 100s, timeout: 2m}
teardown:
  - {name: Back, path: /, expect: {status: 200}}
"""
    release = install(
        {
            "scenarios": {"inline": {"root.yaml": ROOT, "slow.yaml": slow}},
            "job": {"activeDeadlineSeconds": 15, "backoffLimit": 0},
            "terminationGracePeriodSeconds": 5,
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.condition["type"] == "Failed"
    assert done.pods[0]["status"]["reason"] == "DeadlineExceeded"
    assert done.termination["counts"] == {"passed": 1, "interrupted": 1}
    assert "END AGENTRIG JOURNAL" in done.log
