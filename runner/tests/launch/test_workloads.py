"""The runs of a namespace, and how each stands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch import Workload, find_workloads, read_workload
from tests.support.cluster_objects import LABELS, a_job, a_pod, condition, terminated, waiting
from tests.support.fake_cluster import FakeCluster, running_fake_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = condition("Failed", "PodFailurePolicy")


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with running_fake_cluster() as running:
        yield running


def found(fake: FakeCluster, release: str | None = None) -> list[Workload]:
    async def find() -> list[Workload]:
        cluster = AsyncCluster(KubernetesSettings(namespace="demo", server=fake.url))
        try:
            return await find_workloads(cluster, release=release)
        finally:
            await cluster.aclose()

    return asyncio.run(find())


def test_jobs_and_test_pods_of_the_chart_are_found_the_newest_first(fake: FakeCluster) -> None:
    old = "2026-11-20T00:00:00Z"
    labels = {"app.kubernetes.io/component": "runner", "app.kubernetes.io/part-of": "other"}
    fake.put("jobs", a_job("somebody-elses", labels=labels))
    fake.put("jobs", a_job("check-run-1", creationTimestamp=old))
    fake.put("pods", a_pod())  # of that Job
    fake.put("pods", a_pod("check-test", ownerReferences=[]))
    assert [(one.kind, one.name) for one in found(fake)] == [
        *[("Pod", "check-test"), ("Job", "check-run-1")],
    ]


def test_runs_of_one_release_are_found(fake: FakeCluster) -> None:
    other = {**LABELS, "app.kubernetes.io/instance": "other"}
    fake.put("jobs", a_job())
    fake.put("jobs", a_job("other-run-1", uid="u", labels=other))
    assert [one.name for one in found(fake, "other")] == ["other-run-1"]


def test_a_run_tells_what_it_is(fake: FakeCluster) -> None:
    fake.put("jobs", a_job(shards=3))
    (one,) = found(fake)
    assert (one.release, one.run, one.mode, one.shards) == ("check", "check-1", "sharded", 3)
    assert one.where == "job demo/check-run-1"


def test_a_run_of_a_schedule_is_called_as_its_job() -> None:
    owner = [{"kind": "CronJob", "uid": "u"}]
    template = {"spec": {"containers": [{"name": "runner"}]}}
    job = a_job("nightly-28", ownerReferences=owner, spec={"template": template})
    one = read_workload(job)
    assert (one.mode, one.run) == ("cronjob", "nightly-28")


def test_the_id_of_a_test_pods_run_holds_its_uid() -> None:
    pod = a_pod("check-test", uid="0b1c")
    value = "check-1-$(AGENTRIG_POD_UID)"
    pod["spec"]["containers"][0]["env"] = [{"name": "AGENTRIG_RUN_RUN_ID", "value": value}]
    one = read_workload(pod)
    assert (one.mode, one.run) == ("hook", "check-1-0b1c")


def with_environment(job: dict[str, Any], **variables: str) -> dict[str, Any]:
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": name, "value": value} for name, value in variables.items()]
    return job


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ("check-1-$(AGENTRIG_JOB_UID)", "check-1-0b1c"),
        ("$(AGENTRIG_JOB_NAME)-$(AGENTRIG_JOB_UID)", "check-run-1-0b1c"),
    ],
)
def test_the_id_of_a_run_that_is_kept_holds_the_jobs_uid(given: str, run: str) -> None:
    job = with_environment(a_job(uid="0b1c"), AGENTRIG_RUN_RUN_ID=given)
    assert read_workload(job).run == run


def test_a_run_tells_where_its_results_are_kept() -> None:
    settings = {"AWS_ENDPOINT_URL_S3": "http://s3:7070", "AGENTRIG_STORE_PATH_STYLE": "true"}
    job = with_environment(a_job(), AGENTRIG_RUN_STORE="s3://qa/nightly", OTHER="x", **settings)
    one = read_workload(job)
    assert (one.store, one.store_settings) == ("s3://qa/nightly", settings)
    assert (read_workload(a_job()).store, read_workload(a_job()).store_settings) == ("", {})


OUTCOMES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]] = {
    "nothing yet": (a_job(), [], "waiting"),
    "a pod that waits": (a_job(), [a_pod(runner=waiting("ContainerCreating"))], "waiting"),
    "a pod that runs": (a_job(), [a_pod(phase="Running")], "running"),
    "suspended": (a_job(spec={"suspend": True}), [], "suspended"),
    "ending": (a_job(conditions=(condition("FailureTarget"),)), [], "running"),
    "complete": (a_job(conditions=(condition("Complete"),)), [], "passed"),
    "failed tests": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(1))], "failed"),
    "an invalid scenario": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(4))], "invalid"),
    "nothing selected": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(5))], "empty"),
    "infrastructure": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(3))], "error"),
    "interrupted": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(2))], "interrupted"),
    "killed": (a_job(conditions=(FAILED,)), [a_pod(runner=terminated(137))], "error"),
    "no pods are left": (a_job(conditions=(FAILED,)), [], "error"),
    "only those that passed are left": (
        *(a_job(conditions=(FAILED,)), [a_pod(runner=terminated(0))], "error"),
    ),
    "the last attempt counts": (
        a_job(conditions=(FAILED,)),
        [
            a_pod("b", runner=terminated(1), creationTimestamp="2026-11-21T12:00:02Z"),
            a_pod("a", runner=terminated(3), creationTimestamp="2026-11-21T12:00:01Z"),
        ],
        "failed",
    ),
    "the worst shard counts": (
        a_job(shards=3, conditions=(FAILED,)),
        [
            a_pod("a", index=0, runner=terminated(0)),
            a_pod("b", index=1, runner=terminated(1)),
            a_pod("c", index=2, runner=terminated(3)),
        ],
        "failed",
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_outcome_of_a_run_is_one_word(name: str) -> None:
    job, pods, outcome = OUTCOMES[name]
    assert read_workload(job, pods).outcome == outcome


@pytest.mark.parametrize(
    ("phase", "runner", "outcome"),
    [
        ("Pending", waiting("ContainerCreating"), "waiting"),
        ("Running", {"running": {}}, "running"),
        ("Succeeded", terminated(0), "passed"),
        ("Failed", terminated(1), "failed"),
        ("Failed", terminated(137, "OOMKilled"), "error"),
    ],
)
def test_the_outcome_of_a_test_pod(phase: str, runner: dict[str, Any], outcome: str) -> None:
    one = read_workload(a_pod(phase=phase, runner=runner))
    assert (one.outcome, one.is_over) == (outcome, outcome not in {"waiting", "running"})


@pytest.mark.parametrize("content", [None, [], "x", {}, {"spec": []}, {"metadata": {"labels": 1}}])
def test_an_object_of_no_shape_is_still_a_run(content: Any) -> None:
    assert read_workload(content).outcome == "waiting"
