"""Logs of pods in files: complete, without a line twice, however they came."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ReportError
from agentrig.launch import Ending, _pod_logs
from tests.support.cluster_objects import a_job, a_pod, condition, terminated, waiting
from tests.support.fake_cluster import FakeCluster, running_fake_cluster
from tests.support.following import following
from tests.support.kube_api import status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNING: dict[str, Any] = {"running": {}}
POD = "check-run-1-a"


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with running_fake_cluster() as running:
        yield running


def complete(fake: FakeCluster, **job: Any) -> None:
    fake.put("jobs", a_job(conditions=(condition("Complete", "CompletionsReached"),), **job))


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def has_come(file: Path, text: str) -> bool:
    return text in text_of(file)


def follows(fake: FakeCluster, pod: str = POD) -> int:
    """Count the streams that were opened for a log."""
    path = f"{fake.path('pods')}/{pod}/log"
    return sum(one.path == path and "follow" in one.query for one in fake.asked)


def test_a_log_that_breaks_is_read_on_without_a_line_twice(
    fake: FakeCluster, tmp_path: Path
) -> None:
    """The API counts whole seconds, and several lines have the same time."""
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    at = "2026-11-21T12:00:01.25Z"
    log.write("one", "two", at=at)
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        fake.wait_for(lambda: "two" in text_of(tmp_path / f"{POD}.log"))
        fake.drop()
        log.write("three", at=at)
        log.write("four", at="2026-11-21T12:00:01.250000001Z")
        fake.wait_for(lambda: "four" in text_of(tmp_path / f"{POD}.log"))
        assert follows(fake) == 2
        log.end()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        run.ended()
    assert text_of(tmp_path / f"{POD}.log") == "one\ntwo\nthree\nfour\n"


def test_what_a_stream_left_out_is_there_in_the_end(fake: FakeCluster, tmp_path: Path) -> None:
    """As where the kubelet begins a new file while it is followed."""
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    log.hidden = {1, 3}
    log.write("one", "two", "three", "four")
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        fake.wait_for(lambda: text_of(tmp_path / f"{POD}.log") == "one\nthree\n")
        log.end()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        run.ended()
    assert text_of(tmp_path / f"{POD}.log") == "one\ntwo\nthree\nfour\n"
    assert list(tmp_path.iterdir()) == [tmp_path / f"{POD}.log"]


def test_what_was_read_is_kept_where_the_node_has_thrown_it_away(
    fake: FakeCluster, tmp_path: Path
) -> None:
    """A log that was rotated begins later; its end is still read."""
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    log.write("one", "two")
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        fake.wait_for(lambda: "two" in text_of(tmp_path / f"{POD}.log"))
        with fake.changed:
            log.hidden = {2}
            log.write("three")
            log.end()
            log.lines[0:2] = []
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        run.ended()
    assert text_of(tmp_path / f"{POD}.log") == "one\ntwo\nthree\n"


def test_what_was_read_is_not_given_up_for_a_longer_end(fake: FakeCluster, tmp_path: Path) -> None:
    """A rotated log may hold more than was read, and not the beginning that a report needs."""
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    log.hidden = {1}
    log.write("one", "missed " * 20, "three")
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        fake.wait_for(lambda: text_of(tmp_path / f"{POD}.log") == "one\nthree\n")
        with fake.changed:
            log.end()
            del log.lines[0]
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        run.ended()
    assert text_of(tmp_path / f"{POD}.log") == "one\nthree\n"


def test_a_log_that_cannot_be_opened_at_first_is_tried_again(
    fake: FakeCluster, tmp_path: Path
) -> None:
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    log.refusals = [
        (400, status(400, "BadRequest", "container is waiting to start")),
        (502, status(502, "", "dial tcp 192.0.2.2:10250: connect: connection refused")),
    ]
    log.write("one")
    fake.put("pods", a_pod(runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        fake.wait_for(lambda: text_of(tmp_path / f"{POD}.log") == "one\n")
        log.end()
        fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
        complete(fake)
        run.ended()


@pytest.mark.parametrize(
    ("refusal", "asked"),
    [
        (status(503, "ServiceUnavailable", "apiserver not ready"), 10),
        (status(500, "InternalError", "dial tcp 192.0.2.2:10250: i/o timeout"), 3),
    ],
    ids=["API", "node"],
)
def test_an_api_that_is_away_is_waited_for_and_a_node_is_not(
    fake: FakeCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusal: dict[str, Any],
    asked: int,
) -> None:
    monkeypatch.setattr(_pod_logs, "_REOPEN_AFTER_S", 0.01)
    log = fake.log(POD)
    log.refusals = [(refusal["code"], refusal)] * 9
    log.write("one")
    log.end()
    job = fake.put("jobs", a_job())
    fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
    complete(fake)
    with following(fake, job, logs=tmp_path) as run:
        assert run.ended().ending is Ending.COMPLETE
    assert sum(one.path.endswith("/log") for one in fake.asked) == asked
    assert has_come(tmp_path / f"{POD}.log", "one") is (asked == 10)


def test_more_logs_than_streams_take_turns(
    fake: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pod_logs, "MAX_STREAMS", 2)
    monkeypatch.setattr(_pod_logs, "TURN_S", 0.05)
    monkeypatch.setattr(_pod_logs, "_REOPEN_AFTER_S", 0.01)
    job = fake.put("jobs", a_job(shards=5))
    names = [f"check-run-1-{index}-x" for index in range(5)]
    for index, name in enumerate(names):
        fake.log(name).write("one")
        fake.put("pods", a_pod(name, index=index, runner=RUNNING, phase="Running"))
    with following(fake, job, logs=tmp_path) as run:
        for said in ("one", "two"):
            # None of them has ended: each gets a stream while others run.
            for name in names:
                fake.wait_for(partial(has_come, tmp_path / f"{name}.log", said))
                fake.log(name).write("two")
        for index, name in enumerate(names):
            fake.log(name).end()
            done = terminated(0)
            fake.put("pods", a_pod(name, index=index, runner=done, phase="Succeeded"))
        complete(fake, shards=5)
        assert run.ended().ending is Ending.COMPLETE
    assert {text_of(tmp_path / f"{name}.log") for name in names} == {"one\ntwo\ntwo\n"}


def test_the_log_of_an_init_container_that_failed_is_kept(
    fake: FakeCluster, tmp_path: Path
) -> None:
    fake.put("jobs", a_job())
    log = fake.log(POD, "fetch")
    log.write("cloning", "no such ref")
    log.end()
    init = [{"name": "fetch", "state": terminated(3, message="no such ref")}]
    fake.put(
        "pods",
        a_pod(
            runner=waiting("PodInitializing"),
            phase="Failed",
            spec={"initContainers": [{"name": "fetch"}], "containers": [{"name": "runner"}]},
            status={"initContainerStatuses": init},
        ),
    )
    fake.put("jobs", a_job(conditions=(condition("Failed", "BackoffLimitExceeded"),)))
    with following(fake, fake.find("jobs", "check-run-1"), logs=tmp_path) as run:
        followed = run.ended()
    assert text_of(tmp_path / f"{POD}.fetch.log") == "cloning\nno such ref\n"
    assert followed.pods[0].log is None


def test_odd_text_stays_as_it_is(fake: FakeCluster, tmp_path: Path) -> None:
    lines = ["\u2028 \x85 \x0b \x0c", "", "2026-11-21T12:00:01Z looks like a time", "\x1b[2J\r"]
    job = fake.put("jobs", a_job())
    log = fake.log(POD)
    log.write(*lines)
    log.end()
    fake.put("pods", a_pod(runner=terminated(0), phase="Succeeded"))
    complete(fake)
    with following(fake, job, logs=tmp_path) as run:
        run.ended()
    assert (tmp_path / f"{POD}.log").read_bytes() == "".join(f"{one}\n" for one in lines).encode()


def test_a_name_that_leads_elsewhere_is_no_file(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    fake.put("pods", a_pod("..%2f..", runner=terminated(0), phase="Succeeded"))
    complete(fake)
    with following(fake, job, logs=tmp_path / "logs") as run:
        assert run.ended().pods[0].log is None
    assert list(tmp_path.rglob("*")) == [tmp_path / "logs"]


def test_a_folder_that_cannot_be_written_is_told(fake: FakeCluster, tmp_path: Path) -> None:
    job = fake.put("jobs", a_job())
    file = tmp_path / "file"
    file.write_text("")
    with (
        following(fake, job, logs=file / "logs") as run,
        pytest.raises(ReportError, match="cannot write the logs to"),
    ):
        run.ended()
