"""Results of pods whose logs lack them, from the store in which their run is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import (
    ArtifactSaved,
    Event,
    Outcome,
    RunFinished,
    ScenarioFinished,
    ScenarioStarted,
)
from agentrig.store import attempt_folder, claim_attempt, open_store
from tests.launch.played import ending, running, template
from tests.support.records import planned, started
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server, s3_server
from tests.support.shards import journal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentrig.store import Store
    from tests.launch.played import Play

POD = "kept-agentrig-run-1-x7k2p"
BUCKET = "s3://results/qa"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.fill("results")
        yield server


@pytest.fixture
def settings(server: S3Server, play: Play) -> dict[str, str]:
    """What leads to the bucket, which is empty."""
    for one in server.client.list_objects_v2(Bucket="results").get("Contents", ()):
        server.client.delete_object(Bucket="results", Key=one["Key"])
    play.variables |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    return {
        "AWS_ENDPOINT_URL_S3": server.url,
        "AWS_REGION": "us-east-1",
        "AGENTRIG_STORE_PATH_STYLE": "true",
    }


@pytest.fixture
def store(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    return open_store(BUCKET, settings)


def install(play: Play, endpoint: str) -> None:
    values = [f"results.store.url={BUCKET}", f"results.store.endpoint={endpoint}"]
    values += ["results.store.pathStyle=true", "results.store.region=us-east-1"]
    args = [part for value in values for part in ("--set", value)]
    play.install("kept", template(play, "kept", *args))


def evicted(play: Play, left: Callable[[str], object]) -> Callable[[dict[str, Any]], None]:
    """Let the pod be evicted, after it has `left` in the store what it did in a run.

    Its log ends where it was, and nothing tells how it ended.
    """

    def become(job: dict[str, Any]) -> None:
        left(f"kept-1-{job['metadata']['uid']}")
        pod = running(play, job)
        text = play.cluster.log(pod)
        text.write("hello")
        text.end()
        status = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory"}
        play.cluster.change("pods", pod, {"status": status})
        end = {"type": "Failed", "reason": "BackoffLimitExceeded", "status": "True"}
        end["lastTransitionTime"] = "2026-11-21T12:01:01Z"
        play.cluster.change("jobs", job["metadata"]["name"], {"status": {"conditions": [end]}})

    return become


def events(*, until: int = 99) -> list[Event]:
    names = ["a.yaml", "b.yaml"]
    told: list[Event] = [started(planned(name) for name in names)]
    for name in names:
        told += [
            ScenarioStarted(scenario=name),
            ScenarioFinished(scenario=name, outcome=Outcome.PASSED, elapsed_ms=1),
        ]
    return [*told, RunFinished(exit_code=0, elapsed_ms=2)][:until]


def keep(store: Store, run: str, events: list[Event], **artifacts: str) -> None:
    """Keep what an attempt has left so far."""
    folder = attempt_folder(run, 0, claim_attempt(store, run, 0))
    journal = journal_of(events, shard=0, run=run)
    store.put(f"{folder}journal/0000000000.jsonl", journal)
    for name, content in artifacts.items():
        store.put(f"{folder}artifacts/a/{name}", content.encode())


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give what lets this be another machine."""
    return lambda name: monkeypatch.setattr("socket.gethostname", lambda: name)


def test_what_an_evicted_pod_did_is_reported(
    play: Play, server: S3Server, store: Store, host: Callable[[str], None]
) -> None:
    host(POD)
    play.on_install = evicted(play, lambda run: keep(store, run, events(until=4)))
    install(play, server.url)
    ran = play.agentrig("attach", "kept")
    assert ran.code == 3, ran.said
    assert ran.outcomes() == {"a": "passed", "b": "interrupted"}
    assert f"what logs lack was taken from {BUCKET}/runs/kept-1-" in ran.err
    assert f"Evicted: pod {POD}" in ran.out


def test_an_attempt_of_which_no_pod_is_left_is_reported(
    play: Play, server: S3Server, store: Store, host: Callable[[str], None]
) -> None:
    host("a-pod-of-a-node-that-is-gone")
    play.on_install = evicted(play, lambda run: keep(store, run, events()))
    install(play, server.url)
    ran = play.agentrig("attach", "kept")
    assert ran.outcomes() == {"a": "passed", "b": "passed"}, ran.said


def test_a_log_with_its_journal_is_enough(play: Play, server: S3Server, store: Store) -> None:
    del store
    play.on_install = ending(play, 0)
    install(play, server.url)
    play.variables |= {"AWS_SECRET_ACCESS_KEY": "wrong"}
    ran = play.agentrig("attach", "kept")
    assert (ran.code, "note:" in ran.err) == (0, False), ran.said


def test_a_store_that_cannot_be_read_from_here_is_told(
    play: Play, server: S3Server, store: Store
) -> None:
    play.on_install = evicted(play, lambda run: keep(store, run, events()))
    install(play, server.url)
    play.variables |= {"AWS_SECRET_ACCESS_KEY": "wrong"}
    ran = play.agentrig("attach", "kept")
    assert ran.code == 3, ran.said
    assert f"note: what logs lack may be in {BUCKET}/runs/kept-1-" in ran.err
    assert ", which cannot be read from here: " in ran.err
    assert "SignatureDoesNotMatch" in ran.err


def test_artifacts_come_from_the_store(
    play: Play, server: S3Server, store: Store, host: Callable[[str], None]
) -> None:
    told = events()
    path = "artifacts/a/page.html"
    saved = ArtifactSaved(scenario="a.yaml", name="page", path=path, media_type="text/html", size=4)
    files = {"page.html": "page", "\N{SNOWMAN}": "snow"}
    host(POD)
    play.on_install = evicted(
        play, lambda run: keep(store, run, [*told[:2], saved, *told[2:]], **files)
    )
    install(play, server.url)
    ran = play.agentrig("attach", "kept")
    found = {one.name: one.read_text() for one in (ran.results / path).parent.iterdir()}
    assert found == files, ran.said
