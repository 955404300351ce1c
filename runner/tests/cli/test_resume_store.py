"""A run that goes on elsewhere: the next pod has nothing but the store."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.events import ArtifactSaved, RunContinued, ScenarioFinished
from agentrig.store import open_store, stored_attempts
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

FIRST, SECOND = "results/first", "results/second"


@pytest.fixture(params=["folder", "s3"])
def store(
    request: pytest.FixtureRequest, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Give the address of a store that is empty."""
    if request.param == "folder":
        yield str(rig.folder / "kept")
        return
    with s3_server(rig.folder / "s3") as server:
        server.fill("results")
        # For the runs, and for the tests that look at what they have left.
        settings = {
            **server.credentials(),
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_REGION": "us-east-1",
            "AGENTRIG_STORE_PATH_STYLE": "true",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        rig.environment |= settings
        yield "s3://results/qa"


def args(store: str, results: str, *more: str) -> list[str]:
    return [".", "-c", "1", "--run-id", "x", "--store", store, "--results", results, *more]


def told(ran: Ran, results: str) -> Ran:
    return type(ran)(
        code=ran.code, out=ran.out, err=ran.err, results=ran.results.parent / Path(results)
    )


def test_after_an_eviction_another_pod_goes_on(rig: Rig, agent: AgentServer, store: str) -> None:
    rig.scenario("a", "/a")
    rig.scenario("b", "/b", status=404)
    rig.scenario("c", "/hold")
    rig.scenario("d", "/d")
    with rig.started(*args(store, FIRST)) as process:
        agent.wait_for(3)
        process.send_signal(signal.SIGTERM)
        assert rig.ended(process).code == 2
    agent.release()
    agent.forget()
    ran = told(rig.run(*args(store, SECOND)), SECOND)
    assert agent.paths == ["/hold", "/d"], ran.said
    assert (ran.code, ran.outcomes()) == (
        1,
        {"a": "passed", "b": "failed", "c": "passed", "d": "passed"},
    ), ran.said
    assert "2 of 4 continue from attempt 1" in ran.out
    assert ran.summary()["attempt"] == 2
    # The older journal stays where it is, and both together are that one run.
    folder = Path(rig.folder / "fetched")
    files = []
    for one in stored_attempts(open_store(store), "x"):
        file = folder / f"{one.attempt}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(one.journal())
        files.append(str(file))
    assert len(files) == 2
    merged = rig.report(*files, "--results", "merged")
    assert (merged.code, merged.outcomes()) == (1, ran.outcomes()), merged.said
    ends = [one.scenario for one in merged.events(ScenarioFinished)]
    assert sorted(ends) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]


def test_two_attempts_that_race_share_nothing_but_the_store(
    rig: Rig, agent: AgentServer, store: str
) -> None:
    """As where a node is taken for lost, and its pod goes on beside the one that replaces it."""
    rig.scenario("a", "/hold")
    rig.scenario("b", "/b")
    with rig.started(*args(store, FIRST)) as one:
        agent.wait_for(1)
        with rig.started(*args(store, SECOND)) as other:
            agent.wait_for(2)
            agent.release()
            ends = [told(rig.ended(one), FIRST), told(rig.ended(other), SECOND)]
    assert [end.code for end in ends] == [0, 0], ends[0].said + ends[1].said
    assert [end.summary()["attempt"] for end in ends] == [1, 2]
    assert [end.outcomes() for end in ends] == [{"a": "passed", "b": "passed"}] * 2
    found = stored_attempts(open_store(store), "x")
    assert [one.is_whole for one in found] == [True, True]
    files = [str(end.results / "events.jsonl") for end in ends]
    merged = rig.report(*reversed(files), "--results", "merged")
    assert (merged.code, merged.outcomes()) == (0, {"a": "passed", "b": "passed"}), merged.said
    assert len(merged.events(ScenarioFinished)) == 2


def test_a_store_that_cannot_be_read_is_trouble_and_no_fresh_start(
    rig: Rig, agent: AgentServer
) -> None:
    rig.scenario("a", "/a")
    ran = rig.run(*args("kept", FIRST))
    assert ran.code == 0, ran.said
    # What was there is a file now: nothing below it can be listed, or made.
    (rig.folder / "kept").rename(rig.folder / "moved")
    rig.write("kept", "")
    agent.forget()
    ran = rig.run(*args("kept", SECOND))
    assert (ran.code, agent.paths) == (3, []), ran.said
    assert "store kept" in ran.err


def test_a_damaged_journal_is_used_as_far_as_it_holds(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/a")
    rig.scenario("b", "/b")
    assert rig.run(*args("kept", FIRST)).code == 0
    [one] = stored_attempts(open_store(str(rig.folder / "kept")), "x")
    file = rig.folder / "kept" / one.files["events.jsonl"].key
    lines = file.read_bytes().splitlines(keepends=True)
    ended = next(place for place, line in enumerate(lines) if b'"scenario.finished"' in line)
    file.write_bytes(b"".join(lines[: ended + 1]) + b"{damaged\n" + b"".join(lines[ended + 1 :]))
    agent.forget()
    ran = told(rig.run(*args("kept", SECOND)), SECOND)
    assert (ran.code, agent.paths) == (0, ["/b"]), ran.said
    [continued] = ran.events(RunContinued)
    assert continued.kept == 1
    assert "what came last in attempt 1 is lost: " in continued.notes[0]


def test_each_shard_goes_on_by_itself(rig: Rig, agent: AgentServer) -> None:
    for name in "abcdefgh":
        rig.scenario(name, f"/{name}")
    assert rig.run(*args("kept", FIRST, "--shard", "1/2")).code == 0
    first = [*agent.paths]
    ran = rig.run(*args("kept", SECOND, "--shard", "2/2"))
    assert (ran.code, len(agent.paths)) == (0, 8), ran.said
    agent.forget()
    ran = told(rig.run(*args("kept", "results/third", "--shard", "1/2")), "results/third")
    assert (ran.code, agent.paths) == (0, []), ran.said
    assert ran.summary()["kept"] == len(first)


def test_artifacts_of_what_is_kept_come_along(rig: Rig, agent: AgentServer) -> None:
    """Those that a killed attempt has saved are gone with it, which is said."""
    rig.write(
        "test_m.py",
        f"""
        import httpx

        def test_one(save_artifact):
            save_artifact("one.txt", "what one has left")

        def test_two():
            httpx.get("{agent.url}/hold", timeout=60)
        """,
    )
    with rig.started(*args("kept", FIRST)) as process:
        agent.wait_for(1)
        process.send_signal(signal.SIGTERM)
        assert rig.ended(process).code == 2
    agent.release()
    ran = told(rig.run(*args("kept", SECOND)), SECOND)
    assert ran.code == 0, ran.said
    [saved] = ran.events(ArtifactSaved)
    assert (ran.results / saved.path).read_text() == "what one has left"
    found = stored_attempts(open_store(str(rig.folder / "kept")), "x")
    assert [saved.path in one.files for one in found] == [True, True]
    for one in found:
        (rig.folder / "kept" / one.files[saved.path].key).unlink()
    ran = told(rig.run(*args("kept", "results/third")), "results/third")
    assert (ran.code, ran.events(ArtifactSaved)) == (0, []), ran.said
    assert "1 artifact is lost that earlier attempts have saved" in ran.out
