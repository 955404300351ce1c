"""Each way in which a run can go wrong: what its user reads, and how soon it is over.

The expected texts are files in `troubles`, named as the cases here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cluster_objects import a_job, a_pod, condition, event, terminated, waiting
from tests.support.fake_cluster import FakeCluster, running_fake_cluster
from tests.support.following import following
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.launch import Followed

DOCS = Path(__file__).resolve().parents[3] / "docs" / "launch.md"
GOLDEN = Path(__file__).with_name("troubles")
CASES: dict[str, Callable[[FakeCluster], None]] = {}


def case(put: Callable[[FakeCluster], None]) -> Callable[[FakeCluster], None]:
    """Add a case, which puts into the cluster what differs from a run that has just begun."""
    CASES[put.__name__] = put
    return put


def about(fake: FakeCluster, found: dict[str, Any], reason: str, message: str) -> None:
    fake.put("events", event(found, reason, message))


def failed(fake: FakeCluster, reason: str = "BackoffLimitExceeded", **status: Any) -> None:
    fake.put("jobs", a_job(conditions=(condition("Failed", reason),), status=status))


def unschedulable(fake: FakeCluster, message: str, **pod: Any) -> dict[str, Any]:
    found = condition("PodScheduled", "Unschedulable", message, holds=False)
    return fake.put("pods", a_pod(node="", conditions=(found,), **pod))


def a_node(name: str, cpu: str, *, ready: bool = True) -> dict[str, Any]:
    conditions = [condition("Ready", holds=ready)]
    status = {"conditions": conditions, "allocatable": {"cpu": cpu, "memory": "8Gi"}}
    return {"metadata": {"name": name}, "status": status}


PULL = 'failed to pull and unpack image "{0}": failed to resolve reference "{0}": {1}'
IMAGE = "registry.example.com/qa/agentrig:1.2"


def backing_off(fake: FakeCluster, words: str) -> None:
    said = PULL.format(IMAGE, words)
    message = (
        f'Back-off pulling image "{IMAGE}": ErrImagePull: rpc error: code = Unknown desc = {said}'
    )
    fake.put("pods", a_pod(runner=waiting("ImagePullBackOff", message)))


@case
def image_is_not_in_the_registry(fake: FakeCluster) -> None:
    backing_off(fake, f"{IMAGE}: not found")


@case
def image_is_refused(fake: FakeCluster) -> None:
    backing_off(
        fake,
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET request "
        "to https://auth.example.com/token: 401 Unauthorized",
    )


@case
def image_of_an_unknown_registry(fake: FakeCluster) -> None:
    backing_off(
        fake,
        'failed to do request: Head "https://registry.example.com/v2/qa/agentrig/manifests/1.2": '
        "dial tcp: lookup registry.example.com on 10.96.0.10:53: no such host",
    )


@case
def image_of_a_registry_that_is_away_may_come_at_the_second_attempt(fake: FakeCluster) -> None:
    backing_off(
        fake,
        'failed to do request: Head "https://registry.example.com/v2/": dial tcp 192.0.2.7:443: '
        "i/o timeout",
    )


@case
def image_of_a_registry_that_limits(fake: FakeCluster) -> None:
    backing_off(
        fake,
        "unexpected status from HEAD request to https://registry.example.com/v2/: 429 Too Many "
        "Requests: toomanyrequests: You have reached your unauthenticated pull rate limit",
    )


@case
def image_of_a_registry_that_is_not_trusted(fake: FakeCluster) -> None:
    backing_off(
        fake,
        'failed to do request: Head "https://registry.example.com/v2/": tls: failed to verify '
        "certificate: x509: certificate signed by unknown authority",
    )


@case
def image_for_another_processor(fake: FakeCluster) -> None:
    backing_off(fake, "no match for platform in manifest: not found")


@case
def image_pull_failed_once(fake: FakeCluster) -> None:
    message = PULL.format(IMAGE, "unexpected EOF")
    fake.put("pods", a_pod(runner=waiting("ErrImagePull", message)))


@case
def image_of_an_older_kubelet_is_explained_by_its_event(fake: FakeCluster) -> None:
    message = f'Back-off pulling image "{IMAGE}"'
    pod = fake.put("pods", a_pod(runner=waiting("ImagePullBackOff", message)))
    about(fake, pod, "Failed", f"Failed to pull image: rpc error: {IMAGE}: manifest unknown")


@case
def image_may_not_be_pulled(fake: FakeCluster) -> None:
    message = f'Container image "{IMAGE}" is not present with pull policy of Never'
    fake.put("pods", a_pod(runner=waiting("ErrImageNeverPull", message)))


@case
def image_without_a_name(fake: FakeCluster) -> None:
    message = (
        'Failed to apply default image tag "QA::1": couldn\'t parse image name "QA::1": invalid '
        "reference format"
    )
    fake.put("pods", a_pod(runner=waiting("InvalidImageName", message)))


@case
def image_of_a_sidecar(fake: FakeCluster) -> None:
    side = {"name": "postgres", "image": "postgres:99", "restartPolicy": "Always"}
    message = f"Back-off: {PULL.format('postgres:99', 'docker.io/library/postgres:99: not found')}"
    state = waiting("ImagePullBackOff", message)
    fake.put(
        "pods",
        a_pod(
            runner=waiting("PodInitializing"),
            spec={"initContainers": [side]},
            status={"initContainerStatuses": [{"name": "postgres", "state": state}]},
        ),
    )


@case
def no_node_has_room(fake: FakeCluster) -> None:
    fake.put("nodes", a_node("node-1", "50m"))
    unschedulable(
        fake,
        "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint "
        "{node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. no new claims to "
        "deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for "
        "scheduling.",
    )


@case
def no_node_has_room_until_others_leave(fake: FakeCluster) -> None:
    fake.put("nodes", a_node("node-1", "2"))
    unschedulable(fake, "0/1 nodes are available: 1 Insufficient cpu.")


@case
def no_node_is_what_the_pod_asks_for(fake: FakeCluster) -> None:
    unschedulable(
        fake,
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
        "1 node(s) were unschedulable. preemption: 0/2 nodes are available",
    )


@case
def no_nodes_at_all(fake: FakeCluster) -> None:
    unschedulable(fake, "no nodes available to schedule pods")


@case
def claim_is_missing(fake: FakeCluster) -> None:
    unschedulable(
        fake, '0/1 nodes are available: persistentvolumeclaim "suites" not found. not found'
    )


@case
def claim_is_not_bound(fake: FakeCluster) -> None:
    unschedulable(
        fake, "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    )


@case
def secret_is_missing(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(runner=waiting("CreateContainerConfigError", 'secret "llm" not found')))


@case
def key_of_a_config_map_is_missing(fake: FakeCluster) -> None:
    message = "couldn't find key model in ConfigMap demo/settings"
    fake.put("pods", a_pod(runner=waiting("CreateContainerConfigError", message)))


@case
def image_runs_as_root(fake: FakeCluster) -> None:
    message = (
        "container has runAsNonRoot and image will run as root (pod: "
        '"check-run-1-a_demo(4f)", container: runner)'
    )
    fake.put("pods", a_pod(runner=waiting("CreateContainerConfigError", message)))


@case
def secret_of_a_volume_is_missing(fake: FakeCluster) -> None:
    pod = fake.put("pods", a_pod(runner=waiting("ContainerCreating")))
    about(
        fake,
        pod,
        "FailedMount",
        'MountVolume.SetUp failed for volume "secret-key" : secret "deploy-key" not found',
    )


@case
def key_of_a_volume_is_missing(fake: FakeCluster) -> None:
    pod = fake.put("pods", a_pod(runner=waiting("ContainerCreating")))
    about(
        fake,
        pod,
        "FailedMount",
        'MountVolume.SetUp failed for volume "ca" : configmap references non-existent config key: '
        "ca.crt",
    )


@case
def driver_of_a_volume_is_missing(fake: FakeCluster) -> None:
    pod = fake.put("pods", a_pod(runner=waiting("ContainerCreating")))
    about(
        fake,
        pod,
        "FailedMount",
        'MountVolume.SetUp failed for volume "vault" : kubernetes.io/csi: mounter.SetUpAt failed to '
        "get CSI client: driver name secrets-store.csi.k8s.io not found in the list of registered "
        "CSI drivers",
    )


@case
def volume_is_slow(fake: FakeCluster) -> None:
    pod = fake.put("pods", a_pod(runner=waiting("ContainerCreating")))
    about(fake, pod, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1"')


@case
def pod_security_refuses_the_pod(fake: FakeCluster) -> None:
    job = fake.put("jobs", a_job())
    about(
        fake,
        job,
        "FailedCreate",
        'Error creating: pods "check-run-1-x" is forbidden: violates PodSecurity '
        '"restricted:latest": privileged (container "db" must not set '
        'securityContext.privileged=true), allowPrivilegeEscalation != false (container "db" must '
        "set securityContext.allowPrivilegeEscalation=false)",
    )


@case
def quota_is_used_up(fake: FakeCluster) -> None:
    job = fake.put("jobs", a_job())
    about(
        fake,
        job,
        "FailedCreate",
        'Error creating: pods "check-run-1-x" is forbidden: exceeded quota: team, requested: '
        "requests.cpu=2, used: requests.cpu=9, limited: requests.cpu=10",
    )


@case
def service_account_is_missing(fake: FakeCluster) -> None:
    job = fake.put("jobs", a_job())
    about(
        fake,
        job,
        "FailedCreate",
        'Error creating: pods "check-run-1-" is forbidden: error looking up service account '
        'demo/robot: serviceaccount "robot" not found',
    )


@case
def policy_refuses_the_pod(fake: FakeCluster) -> None:
    job = fake.put("jobs", a_job())
    about(
        fake,
        job,
        "FailedCreate",
        'Error creating: admission webhook "validate.kyverno.svc-fail" denied the request: images '
        "must come from registry.example.com",
    )


@case
def memory_is_used_up(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(runner=terminated(137, "OOMKilled"), phase="Failed"))
    failed(fake)


@case
def runner_is_killed(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(runner=terminated(137), phase="Failed"))
    failed(fake)


@case
def runner_ends_with_a_strange_code(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(runner=terminated(77), phase="Failed"))
    failed(fake)


@case
def runner_cannot_be_started(fake: FakeCluster) -> None:
    message = 'exec: "agentrig": executable file not found in $PATH: unknown'
    fake.put("pods", a_pod(runner=terminated(128, "StartError", message), phase="Failed"))
    failed(fake)


@case
def disk_is_used_up(fake: FakeCluster) -> None:
    why = {
        "reason": "Evicted",
        "message": 'Usage of EmptyDir volume "tmp" exceeds the limit "64Mi". ',
    }
    disrupted = condition("DisruptionTarget", "TerminationByKubelet")
    runner = terminated(137)
    fake.put("pods", a_pod(runner=runner, phase="Failed", conditions=(disrupted,), status=why))
    failed(fake)


@case
def pod_is_evicted_and_its_next_attempt_passes(fake: FakeCluster) -> None:
    disrupted = condition("DisruptionTarget", "EvictionByEvictionAPI")
    fake.put("pods", a_pod(runner=terminated(2), phase="Failed", conditions=(disrupted,)))
    fake.put("pods", a_pod("check-run-1-b", runner=terminated(0), phase="Succeeded"))
    fake.put("jobs", a_job(conditions=(condition("Complete", "CompletionsReached"),)))


@case
def pod_makes_room_for_others(fake: FakeCluster) -> None:
    disrupted = condition("DisruptionTarget", "PreemptionByScheduler")
    fake.put("pods", a_pod(runner=terminated(143), phase="Failed", conditions=(disrupted,)))
    failed(fake)


@case
def node_refuses_the_pod(fake: FakeCluster) -> None:
    why = {
        "reason": "OutOfcpu",
        "message": "Pod was rejected: Node didn't have enough resource: cpu",
    }
    fake.put("pods", a_pod(phase="Failed", status=why))
    failed(fake)


@case
def node_no_longer_answers(fake: FakeCluster) -> None:
    ready = condition("Ready", holds=False)
    fake.put("pods", a_pod(runner={"running": {}}, phase="Running", conditions=(ready,)))


@case
def fetching_the_scenarios_failed(fake: FakeCluster) -> None:
    message = "git: https://git.example.com/qa/suites has no ref 'realease-1'\n"
    init = [{"name": "fetch", "state": terminated(3, message=message)}]
    fake.put(
        "pods",
        a_pod(
            runner=waiting("PodInitializing"),
            phase="Failed",
            spec={"initContainers": [{"name": "fetch"}]},
            status={"initContainerStatuses": init},
        ),
    )
    failed(fake)


@case
def sidecar_keeps_ending(fake: FakeCluster) -> None:
    state = terminated(1, message="data directory has wrong ownership\n")
    side = [{"name": "postgres", "state": state, "restartCount": 2}]
    fake.put(
        "pods",
        a_pod(
            runner=waiting("PodInitializing"),
            spec={"initContainers": [{"name": "postgres", "restartPolicy": "Always"}]},
            status={"initContainerStatuses": side},
        ),
    )


@case
def mesh_proxy_never_ends(fake: FakeCluster) -> None:
    containers = [{"name": "runner"}, {"name": "istio-proxy"}]
    statuses = [
        {"name": "runner", "state": terminated(0)},
        {"name": "istio-proxy", "state": {"running": {}}},
    ]
    fake.put(
        "pods",
        a_pod(
            phase="Running",
            spec={"containers": containers},
            status={"containerStatuses": statuses},
        ),
    )


@case
def deadline_is_over(fake: FakeCluster) -> None:
    spec = {"activeDeadlineSeconds": 600}
    over = condition("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
    fake.put("jobs", a_job(spec=spec, conditions=(over,)))


@case
def every_attempt_failed(fake: FakeCluster) -> None:
    for name in ("check-run-1-a", "check-run-1-b"):
        fake.put("pods", a_pod(name, runner=terminated(3), phase="Failed"))
    failed(fake, failed=2)


@case
def too_many_shards_failed(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(index=0, runner=terminated(1), phase="Failed"))
    over = condition("Failed", "MaxFailedIndexesExceeded")
    fake.put("jobs", a_job(shards=3, conditions=(over,)))


@case
def failed_tests_are_no_trouble(fake: FakeCluster) -> None:
    fake.put("pods", a_pod(runner=terminated(1), phase="Failed"))
    failed(fake, "PodFailurePolicy")


@pytest.mark.parametrize("name", CASES)
def test_trouble_is_told_as_the_golden_file_has_it(name: str, tmp_path: Path) -> None:
    with running_fake_cluster() as fake:
        job = fake.put("jobs", a_job())
        CASES[name](fake)
        with following(fake, fake.find("jobs", job["metadata"]["name"]), logs=tmp_path) as run:
            followed = run.ended()
        check_golden(GOLDEN / f"{name}.txt", as_text(run.lines, followed, run.clock.now_s))


def test_a_secret_that_an_operator_makes_is_waited_for(tmp_path: Path) -> None:
    with running_fake_cluster() as fake:
        job = fake.put("jobs", a_job())
        secret_of_a_volume_is_missing(fake)
        with following(fake, job, logs=tmp_path, awaited_secrets=frozenset({"deploy-key"})) as run:
            followed = run.ended()
    assert [one.reason for one in followed.troubles] == ["FailedMount"]
    assert 60 <= run.clock.now_s < 70


def test_there_is_no_golden_file_without_its_case() -> None:
    assert {one.stem for one in GOLDEN.glob("*.txt")} == set(CASES)


ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in DOCS.read_text(encoding="utf-8")
    .partition("## Faults")[2]
    .partition("## ")[0]
    .splitlines()
    if line.startswith("|")
]


@pytest.mark.parametrize("row", ROWS[2:], ids=lambda row: row[0])
def test_what_the_documentation_says_of_a_fault_is_said(row: list[str]) -> None:
    parts = [re.escape(part) for part in row[1].strip("`").split("…")]
    wanted = re.compile(".*".join(parts))
    assert any(wanted.search(one.read_text(encoding="utf-8")) for one in GOLDEN.glob("*.txt"))


def as_text(lines: list[str], followed: Followed, elapsed_s: float) -> str:
    """Write what was shown, how it ended, and after how much of the run's time."""
    reason = f", {followed.reason}" if followed.reason else ""
    troubles = [f"trouble: {one.reason}: {one.message}" for one in followed.troubles]
    overcome = [f"overcome: {one.reason}: {one.message}" for one in followed.overcome]
    ended = f"ended: {followed.ending}{reason}, within {elapsed_s:g} seconds"
    return "\n".join([*lines, "", ended, *troubles, *overcome, ""])
