"""`agentrig run --store`: results are kept where many runs are."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunStarted
from agentrig.reporters import read_journal
from agentrig.store import FolderStore, claim_attempt, stored_attempts, stored_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig


def test_a_run_is_kept_with_all_of_its_files(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("b", status=500)
    ran = rig.run(".", "--store", "kept", "--run-id", "nightly/1")
    assert ran.code == 1, ran.said
    store = FolderStore(rig.folder / "kept")
    assert stored_runs(store) == ["nightly/1"]
    (found,) = stored_attempts(store, "nightly/1")
    assert (found.shard, found.attempt, found.is_whole) == (0, 1, True)
    assert found.journal() == (ran.results / "events.jsonl").read_bytes()
    for name in ("junit.xml", "summary.json"):
        assert store.get(found.files[name].key) == (ran.results / name).read_bytes()
    assert {record.attempt for record in ran.records()} == {1}


def test_the_store_comes_from_the_environment_and_scenarios_know_their_attempt(
    rig: Rig, agent: AgentServer
) -> None:
    for name in ("a", "b", "c", "d"):
        rig.scenario(name, "/attempt-${run.attempt}")
    claim_attempt(FolderStore(rig.folder / "kept"), "x", 1)
    env = {"AGENTRIG_RUN_STORE": "kept", "AGENTRIG_RUN_RUN_ID": "x"}
    ran = rig.run(".", "--shard", "1/2", env=env)
    assert ran.code == 0, ran.said
    attempts = stored_attempts(FolderStore(rig.folder / "kept"), "x")
    assert [(one.shard, one.attempt) for one in attempts] == [(1, 1), (1, 2)]
    assert {record.attempt for record in ran.records()} == {2}
    assert set(agent.paths) == {"/attempt-2"}


def test_a_killed_run_has_left_what_it_did(
    rig: Rig, agent: AgentServer, until: Callable[[Callable[[], object]], None]
) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    store = FolderStore(rig.folder / "kept")

    def journal() -> bytes:
        return b"".join(one.journal() for one in stored_attempts(store, "x"))

    with rig.started(".", "--store", "kept", "--run-id", "x") as process:
        agent.wait_for(2)
        until(lambda: b'"outcome":"passed"' in journal())
        process.send_signal(signal.SIGKILL)
        rig.ended(process)
    (found,) = stored_attempts(store, "x")
    assert not found.is_whole
    assert (rig.folder / "results" / "events.jsonl").read_bytes().startswith(found.journal())
    first = next(iter(read_journal(found.journal(), name="kept"))).event
    assert isinstance(first, RunStarted)
    assert [one.id for one in first.planned] == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://x/y", 4, "'http://x/y' is no store: write s3://BUCKET/PREFIX, or a folder"),
        ("file", 3, "in store file: "),
    ],
)
def test_a_store_that_takes_nothing_is_told_before_anything_runs(
    rig: Rig, agent: AgentServer, url: str, code: int, words: str
) -> None:
    rig.scenario("a")
    rig.write("file", "")
    ran = rig.run("a.yaml", "--store", url)
    assert (ran.code, ran.err.count(words)) == (code, 1), ran.said
    assert agent.paths == []


def test_a_dry_run_is_not_kept(rig: Rig) -> None:
    rig.scenario("a")
    assert rig.run(".", "--store", "kept", "--dry-run").code == 0
    assert not (rig.folder / "kept").exists()
