"""A run that is followed: every change of its pods, whatever becomes of the connection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError
from agentrig.launch import Ending, _follow
from tests.support.cluster_objects import a_job, a_pod, condition, event, terminated, waiting
from tests.support.fake_cluster import FakeCluster, running_fake_cluster
from tests.support.following import following
from tests.support.kube_api import Answer, Asked, forbidden, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNING: dict[str, Any] = {"running": {}}
STARTED = "2026-11-21T12:00:01.000Z INFO  run started: {0} planned · run check-1"
FINISHED = "2026-11-21T12:00:02.000Z {level} {0}/{1} {outcome} in 5 ms · {scenario}"


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with running_fake_cluster() as running:
        yield running


def complete(fake: FakeCluster, **job: Any) -> None:
    fake.put("jobs", a_job(conditions=(condition("Complete", "CompletionsReached"),), **job))


def finished(done: int, planned: int, outcome: str, scenario: str) -> str:
    level = "INFO " if outcome == "passed" else "ERROR"
    return FINISHED.format(done, planned, level=level, outcome=outcome, scenario=scenario)


def test_a_run_is_followed_from_its_first_pod_to_its_last_word(
    fake: FakeCluster, tmp_path: Path
) -> None:
    job = fake.put("jobs", a_job())
    with following(fake, job, logs=tmp_path) as run:
        fake.put("pods", a_pod(node=""))
        run.wait_for("waiting for a node")
        fake.put("pods", a_pod(runner=waiting("ContainerCreating")))
        run.wait_for("starting")
        log = fake.log("check-run-1-a")
        fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
        run.wait_for("running")
        log.write(STARTED.format(2), finished(1, 2, "passed", "a.yaml"))
        log.write(finished(2, 2, "failed", "b.yaml"))
        run.wait_for("failed · b.yaml")
        log.end()
        fake.put("pods", a_pod(runner=terminated(1, message='{"exit_code": 1}'), phase="Failed"))
        run.wait_for(": failed")
        fake.put("jobs", a_job(conditions=(condition("Failed", "PodFailurePolicy"),)))
        followed = run.ended()
    assert run.lines == [
        "pod check-run-1-a: waiting for a node",
        "pod check-run-1-a: starting",
        "pod check-run-1-a: running",
        "failed · b.yaml",
        "pod check-run-1-a: failed",
    ]
    assert (followed.ending, followed.reason) == (Ending.FAILED, "PodFailurePolicy")
    (pod,) = followed.pods
    assert (pod.exit_code, pod.reason, pod.termination) == (1, "Error", '{"exit_code": 1}')
    assert pod.log == tmp_path / "check-run-1-a.log"
    assert len(pod.log.read_text().splitlines()) == 3
    assert followed.troubles == ()


def test_pods_that_no_watch_has_told_of_are_seen_at_the_end(
    fake: FakeCluster, tmp_path: Path
) -> None:
    watched, over = threading.Event(), threading.Event()

    def quiet() -> Iterator[str]:
        over.wait()
        yield "\n"

    def silence(asked: Asked) -> Iterator[str] | None:
        if asked.path != fake.path("pods") or "watch" not in asked.query:
            return None
        watched.set()
        return quiet()

    fake.rules.insert(0, silence)
    job = fake.put("jobs", a_job())
    with following(fake, job, logs=tmp_path) as run:
        assert watched.wait(60)
        log = fake.log("check-run-1-a")
        log.write("all of it")
        log.end()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        followed = run.ended()
        over.set()
    assert [pod.exit_code for pod in followed.pods] == [0]
    assert text_of(tmp_path / "check-run-1-a.log") == "all of it\n"


def be_away(fake: FakeCluster, *, times: int) -> threading.Event:
    """Let the API refuse to list pods, so often, once the event is set: as one that restarts."""
    is_over, left = threading.Event(), iter(range(times))

    def away(asked: Asked) -> Answer | None:
        lists = asked.path == fake.path("pods") and "watch" not in asked.query
        if not (lists and is_over.is_set()) or next(left, None) is None:
            return None
        return 503, status(503, "ServiceUnavailable", "apiserver not ready")

    fake.rules.insert(0, away)
    return is_over


@pytest.mark.parametrize(("times", "patience_s"), [(4, 60.0), (1_000, 0.5)])
def test_an_api_that_is_away_at_the_end_is_waited_for(
    fake: FakeCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    patience_s: float,
) -> None:
    monkeypatch.setattr(_follow, "LAST_WORDS_S", patience_s)
    is_over = be_away(fake, times=times)
    job = fake.put("jobs", a_job())
    with following(fake, job, logs=tmp_path) as run:
        fake.put("pods", a_pod(node=""))
        run.wait_for("waiting for a node")
        is_over.set()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        if times < 10:  # over in a second
            followed = run.ended()
            assert followed.ending is Ending.COMPLETE
            assert [pod.exit_code for pod in followed.pods] == [0]
        else:
            with pytest.raises(ClusterError, match="apiserver not ready"):
                run.ended()


def test_a_finished_run_is_read_as_a_whole(fake: FakeCluster, tmp_path: Path) -> None:
    """As by `attach`, long after."""
    fake.put("jobs", a_job(shards=2))
    for index in (0, 1):
        name = f"check-run-1-{index}-x"
        fake.put("pods", a_pod(name, index=index, runner=terminated(0), phase="Succeeded"))
        log = fake.log(name)
        log.write(f"of shard {index}")
        log.end()
    complete(fake, shards=2)
    with following(fake, fake.find("jobs", "check-run-1"), logs=tmp_path) as run:
        followed = run.ended()
    assert followed.ending is Ending.COMPLETE
    assert [(pod.shard, pod.exit_code) for pod in followed.pods] == [(1, 0), (2, 0)]
    assert [pod.log and pod.log.read_text() for pod in followed.pods] == [
        *("of shard 0\n", "of shard 1\n"),
    ]


def test_the_last_state_of_each_pod_is_awaited(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    fake.log("check-run-1-a").end()
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        run.wait_for("running")
        complete(fake)
        now_s = run.clock.now_s
        fake.wait_for(lambda: run.clock.now_s > now_s + 2)
        assert not run.future.done()
        fake.put("pods", a_pod(runner=terminated(0, message="last"), phase="Succeeded"))
        followed = run.ended()
    assert followed.pods[0].termination == "last"


def test_every_pod_is_remembered(fake: FakeCluster, tmp_path: Path) -> None:
    """One that was deleted has left its log, and what was known of it."""
    job = fake.put("jobs", a_job())
    first, second = fake.log("check-run-1-a"), fake.log("check-run-1-b")
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        first.write(STARTED.format(7), finished(1, 7, "passed", "a.yaml"))
        run.wait_for("running")
        fake.wait_for(lambda: "a.yaml" in text_of(tmp_path / "check-run-1-a.log"))
        fake.delete("pods", "check-run-1-a")
        run.wait_for("lost")
        run.wait_for("deleted while it ran")
        second.write("again")
        second.end()
        fake.put("pods", a_pod("check-run-1-b", runner=terminated(0), phase="Succeeded"))
        complete(fake)
        followed = run.ended()
    first.end()
    assert [(pod.pod, pod.exit_code, pod.reason) for pod in followed.pods] == [
        ("check-run-1-a", None, "Deleted"),
        ("check-run-1-b", 0, "Completed"),
    ]
    assert "a.yaml" in text_of(tmp_path / "check-run-1-a.log")
    assert text_of(tmp_path / "check-run-1-b.log") == "again\n"
    assert followed.troubles == ()
    assert [one.reason for one in followed.overcome] == ["Deleted"]


def test_a_deadline_says_what_each_shard_was_busy_with(fake: FakeCluster, tmp_path: Path) -> None:
    spec = {"activeDeadlineSeconds": 60}
    job = fake.put("jobs", a_job(shards=3, spec=spec))
    pods = [f"check-run-1-{index}-x" for index in range(3)]
    log = fake.log(pods[1])
    log.write(STARTED.format(9), finished(1, 9, "passed", "a.yaml"))
    fake.put("pods", a_pod(pods[0], index=0, runner=terminated(0), phase="Succeeded"))
    fake.put("pods", a_pod(pods[1], index=1, runner=RUNNING, phase="Running"))
    fake.put("pods", a_pod(pods[2], index=2, node=""))
    with following(fake, job, logs=tmp_path) as run:
        run.wait_for("shard 3  pod check-run-1-2-x: waiting for a node")
        # What the runner says of those that it had to cut short finishes none of them.
        log.write(finished(2, 9, "interrupted", "b.yaml"), finished(3, 9, "not run", "c.yaml"))
        run.wait_for("interrupted \u00b7 b.yaml")
        log.end()
        leaving: dict[str, Any] = {"deletionTimestamp": "2026-11-21T12:02:00Z"}
        ended = terminated(2)
        fake.put("pods", a_pod(pods[1], index=1, runner=ended, phase="Failed", **leaving))
        fake.delete("pods", pods[2])
        over = condition("Failed", "DeadlineExceeded")
        fake.put("jobs", a_job(shards=3, spec=spec, conditions=(over,)))
        followed = run.ended()
    (trouble,) = followed.troubles
    assert trouble.message == (
        "the run took longer than its activeDeadlineSeconds of 60 s: "
        "shard 2/3 was running (1 of 9 finished), shard 3/3 was waiting for a node"
    )


def test_a_time_limit_ends_it_and_says_what_was_going_on(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job(spec={"suspend": True}))
    with following(fake, job, logs=tmp_path, timeout_s=120) as run:
        followed = run.ended()
    assert run.clock.now_s == 120
    assert followed.ending is Ending.TIMEOUT
    assert [one.reason for one in followed.troubles] == ["Suspended", "Timeout"]
    assert "is suspended" in run.lines[0]


def test_a_queue_of_kueue_is_waited_in(fake: FakeCluster, tmp_path: Path) -> None:
    labels = {"kueue.x-k8s.io/queue-name": "nightly"}
    job = fake.put("jobs", a_job(spec={"suspend": True}, labels=labels))
    with following(fake, job, logs=tmp_path) as run:
        run.wait_for("waits for its turn in Kueue's queue 'nightly'")
        complete(fake)
        followed = run.ended()
    assert followed.troubles == ()


def test_a_cluster_that_adds_a_node_is_waited_for(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    message = "0/1 nodes are available: 1 Insufficient cpu."
    no_room = condition("PodScheduled", "Unschedulable", message, holds=False)
    pod = fake.put("pods", a_pod(node="", conditions=(no_room,)))
    fake.put("events", event(pod, "TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2}]"))
    with following(fake, job, logs=tmp_path, timeout_s=600) as run:
        run.wait_for("the cluster is adding a node")
        fake.wait_for(lambda: run.clock.now_s > 90)
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        assert run.ended().ending is Ending.COMPLETE


def test_shards_wait_for_the_room_that_others_of_the_run_take(
    fake: FakeCluster, tmp_path: Path
) -> None:
    job = fake.put("jobs", a_job(shards=2))
    message = "0/1 nodes are available: 1 Insufficient cpu."
    no_room = condition("PodScheduled", "Unschedulable", message, holds=False)
    fake.log("check-run-1-0-x")
    fake.put("pods", a_pod("check-run-1-0-x", index=0, runner=RUNNING, phase="Running"))
    fake.put("pods", a_pod("check-run-1-1-x", index=1, node="", conditions=(no_room,)))
    with following(fake, job, logs=tmp_path) as run:
        run.wait_for("has too little cpu left")
        fake.wait_for(lambda: run.clock.now_s > 90 or run.future.done())
        assert not run.future.done()
        fake.log("check-run-1-0-x").end()
        done = terminated(0)
        fake.put("pods", a_pod("check-run-1-0-x", index=0, runner=done, phase="Succeeded"))
        followed = run.ended()
    assert followed.ending is Ending.TROUBLE
    assert [one.reason for one in followed.troubles] == ["Unschedulable"]


def test_a_job_that_is_deleted_ends_it(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    with following(fake, job, logs=tmp_path) as run:
        fake.put("pods", a_pod(node=""))
        run.wait_for("waiting for a node")
        with fake.changed:
            fake.delete("pods", "check-run-1-a")
            fake.delete("jobs", "check-run-1")
        followed = run.ended()
    assert followed.ending is Ending.DELETED
    assert followed.troubles[-1].message == (
        "it was deleted before it was over: it was waiting for a node"
    )


def test_a_job_of_the_same_name_is_not_it(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    fake.delete("jobs", "check-run-1")
    fake.put("jobs", a_job(uid="another"))
    with following(fake, job, logs=tmp_path) as run:
        assert run.ended().ending is Ending.DELETED


def test_broken_connections_and_forgotten_versions_lose_nothing(
    fake: FakeCluster, tmp_path: Path
) -> None:
    job = fake.put("jobs", a_job())
    log = fake.log("check-run-1-a")
    with following(fake, job, logs=tmp_path) as run:
        fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
        log.write("one")
        run.wait_for("running")
        fake.wait_for(lambda: "one" in text_of(tmp_path / "check-run-1-a.log"))
        fake.drop()
        log.write("two", "three")
        run.wait_for("the connection to the API broke")
        fake.forget()
        log.write("four")
        log.end()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        followed = run.ended()
    assert followed.ending is Ending.COMPLETE
    assert text_of(tmp_path / "check-run-1-a.log") == "one\ntwo\nthree\nfour\n"


def test_an_account_that_may_not_read_events_follows_without(
    fake: FakeCluster, tmp_path: Path
) -> None:
    job = fake.put("jobs", a_job())
    fake.on("GET", fake.path("events"), forbidden("list", "events"))
    with following(fake, job, logs=tmp_path) as run:
        run.wait_for("events may not be read, so some reasons will be missing")
        fake.put(
            "pods", a_pod(runner=waiting("CreateContainerConfigError", 'secret "s" not found'))
        )
        followed = run.ended()
    assert followed.troubles[0].reason == "CreateContainerConfigError"


def test_an_account_that_may_not_read_pods_is_told(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    fake.on("GET", fake.path("pods"), forbidden("list", "pods"))
    with (
        following(fake, job, logs=tmp_path) as run,
        pytest.raises(ClusterError, match="watch pods"),
    ):
        run.ended()


def test_a_test_pod_is_followed_by_itself(fake: FakeCluster, tmp_path: Path) -> None:
    """As `helm test` makes it."""
    pod = fake.put("pods", a_pod("check-test", runner=RUNNING, phase="Running"))
    log = fake.log("check-test")
    with following(fake, pod, logs=tmp_path) as run:
        log.write("one")
        log.end()
        fake.put("pods", a_pod("check-test", runner=terminated(1), phase="Failed"))
        followed = run.ended()
    assert (followed.ending, followed.reason) == (Ending.FAILED, None)
    assert [(pod.pod, pod.exit_code) for pod in followed.pods] == [("check-test", 1)]
    assert text_of(tmp_path / "check-test.log") == "one\n"


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""
