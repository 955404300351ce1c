"""The runs of a namespace: the Jobs and test Pods that the chart made, and how they ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping  # noqa: TC003  # msgspec resolves it
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from agentrig.launch._fields import mapping, objects, text
from agentrig.launch._job_state import Job, read_job
from agentrig.launch._pod_state import Pod, read_pod

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.kubernetes import AsyncCluster

__all__ = ["Workload", "find_workloads", "outcome_of_runs", "read_workload"]

RUNS = "app.kubernetes.io/part-of=agentrig,app.kubernetes.io/component=runner"
_INSTANCE = "app.kubernetes.io/instance"
_RUNNER = "runner"
_RUN_ID = "AGENTRIG_RUN_RUN_ID"
_STORE = "AGENTRIG_RUN_STORE"
# What a client needs to know of the store besides, where the chart says it and no Secret.
_STORE_SETTINGS = ("AWS_ENDPOINT_URL_S3", "AWS_REGION", "AGENTRIG_STORE_PATH_STYLE")

# What decides over what, where parts of one run ended differently.
_WORST_FIRST = (4, 1, 3, 2, 5, 0)
_WORDS = {
    0: "passed",
    1: "failed",
    2: "interrupted",
    3: "error",
    4: "invalid",
    5: "empty",
}


class Workload(Struct, frozen=True, kw_only=True):
    """A Job or test Pod that makes one run, of `shards` parts; 0 where it is not split.

    `run` is the id that its results carry. `outcome` is one word for a list of runs: `suspended`,
    `waiting`, `running`, or as the run ended: `passed`, `failed`, `interrupted`, `error`,
    `invalid`, `empty`. `reason` is that of the Job's own condition. Times are RFC 3339, UTC.
    `awaited_secrets` are those that an operator makes for it, which takes its time. `store` is where
    its pods keep results, `store_settings` are environment that leads there: pods' own, so a
    server in them may be one that only the cluster knows.
    """

    kind: Literal["Job", "Pod"]
    name: str
    namespace: str
    uid: str
    shards: int
    release: str = ""
    run: str = ""
    mode: Literal["job", "sharded", "cronjob", "hook"] = "job"
    created: str = ""
    finished: str = ""
    outcome: str = "waiting"
    reason: str | None = None
    awaited_secrets: frozenset[str] = frozenset()
    store: str = ""
    store_settings: Mapping[str, str] = {}

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.outcome in _WORDS.values()

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.kind.lower()} {self.namespace}/{self.name}"


async def find_workloads(
    cluster: AsyncCluster, *, namespace: str | None = None, release: str | None = None
) -> list[Workload]:
    """List the runs of a namespace, the newest first; of one release where that is given.

    Raises ClusterError where Jobs and pods may not be listed.
    """
    selector = f"{RUNS},{_INSTANCE}={release}" if release else RUNS
    jobs, pods = await asyncio.gather(
        cluster.list_objects("jobs", namespace=namespace, labels=selector),
        cluster.list_objects("pods", namespace=namespace, labels=selector),
    )
    of_job: dict[str, list[Any]] = {}
    for pod in pods:
        of_job.setdefault(_owner(pod, "Job"), []).append(pod)
    found = [read_workload(job, of_job.get(text(job, "metadata", "uid"), ())) for job in jobs]
    found += [read_workload(pod) for pod in of_job.get("", ())]
    return sorted(found, key=lambda one: (one.created, one.name), reverse=True)


def read_workload(found: Any, pods: Iterable[Any] = ()) -> Workload:
    """Read the run that a Job with its `pods`, or a test Pod, makes."""
    if objects(found, "spec", "containers"):
        return _of_pod(found, read_pod(found))
    job = read_job(found)
    shards = job.completions if job.is_indexed else 0
    by_cronjob = bool(_owner(found, "CronJob"))
    run = _environment(found).get(_RUN_ID, "")
    for variable, value in (("AGENTRIG_JOB_NAME", job.name), ("AGENTRIG_JOB_UID", job.uid)):
        run = run.replace(f"$({variable})", value)
    return Workload(
        kind="Job",
        name=job.name,
        namespace=text(found, "metadata", "namespace"),
        uid=job.uid,
        shards=shards,
        release=text(found, "metadata", "labels", _INSTANCE),
        run=run or job.name,
        mode="cronjob" if by_cronjob else "sharded" if shards else "job",
        created=job.created,
        finished=job.finished,
        outcome=_outcome(job, [read_pod(one) for one in pods]),
        reason=job.end.reason or None if job.end else None,
        store=_environment(found).get(_STORE, ""),
        store_settings=_store_settings(found),
    )


def outcome_of_runs(pods: Iterable[Pod]) -> str:
    """Name the outcome of parts that are over: of each shard, the last attempt counts."""
    last: dict[int, int] = {}
    for pod in sorted(pods, key=lambda one: one.created):
        runner = pod.runner
        if runner and runner.state == "terminated" and runner.exit_code is not None:
            last[pod.shard] = runner.exit_code if runner.exit_code in _WORDS else 3
    codes = set(last.values()) or {3}
    if 0 in codes:
        # A part without any scenario is no trouble beside others.
        codes.discard(5)
    return next(_WORDS[code] for code in _WORST_FIRST if code in codes)


def _outcome(job: Job, pods: list[Pod]) -> str:
    if job.end is None:
        if job.is_suspended:
            return "suspended"
        started = any(pod.phase == "Running" for pod in pods)
        return "running" if started or job.decision else "waiting"
    if job.end.type == "Complete":
        return "passed"
    worst = outcome_of_runs(pods)
    # The pods that did not pass may be gone, and those that are left have passed.
    return "error" if worst == "passed" else worst


def _of_pod(found: Any, pod: Pod) -> Workload:
    begun = "running" if pod.phase == "Running" else "waiting"
    ends = (
        text(one, "state", "terminated", "finishedAt")
        for one in objects(found, "status", "containerStatuses")
    )
    return Workload(
        kind="Pod",
        name=pod.name,
        namespace=text(found, "metadata", "namespace"),
        uid=pod.uid,
        shards=0,
        release=text(found, "metadata", "labels", _INSTANCE),
        # The chart adds the Pod's uid, which it cannot know.
        run=_environment(found).get(_RUN_ID, "").replace("$(AGENTRIG_POD_UID)", pod.uid)
        or pod.name,
        mode="hook",
        created=pod.created,
        finished=max(ends, default="") if pod.is_over else "",
        outcome=outcome_of_runs([pod]) if pod.is_over else begun,
        reason=pod.reason or None,
        store=_environment(found).get(_STORE, ""),
        store_settings=_store_settings(found),
    )


def _owner(found: Any, kind: str) -> str:
    owners = objects(found, "metadata", "ownerReferences")
    return next((text(one, "uid") for one in owners if text(one, "kind") == kind), "")


def _store_settings(found: Any) -> dict[str, str]:
    environment = _environment(found)
    return {name: environment[name] for name in _STORE_SETTINGS if name in environment}


def _environment(found: Any) -> dict[str, str]:
    """Give the variables of the runner whose values stand in the spec of a Job or Pod."""
    for pod in (mapping(found, "spec", "template", "spec"), mapping(found, "spec")):
        for container in objects(pod, "containers"):
            if text(container, "name") == _RUNNER:
                return {
                    text(variable, "name"): text(variable, "value")
                    for variable in objects(container, "env")
                    if text(variable, "value")
                }
    return {}
