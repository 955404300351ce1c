"""`agentrig run --store`: results are kept where many runs are."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunStarted
from agentrig.reporters import read_journal
from agentrig.store import FolderStore, claim_attempt, open_store, stored_attempts, stored_runs
from tests.support.s3_proxy import Asked, Fault, S3Proxy, s3_proxy
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig


def test_a_run_is_kept_with_all_of_its_files(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("b", "/status/500")
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


def test_a_run_in_a_store_is_reported_as_a_whole(rig: Rig) -> None:
    for name in ("a", "b", "c", "d", "e"):
        rig.scenario(name, "/status/500" if name == "b" else "/ok")
    codes = {
        rig.run(".", "--shard", f"{n}/2", "--store", "kept", "--run-id", "x").code for n in (1, 2)
    }
    assert codes == {0, 1}
    report = rig.report("kept/runs/x", "--results", "whole")
    assert report.code == 1, report.said
    assert report.outcomes() == dict.fromkeys("acde", "passed") | {"b": "failed"}
    # One shard of it, and a shard that never began.
    assert len(rig.report("kept/runs/x/shard=2/attempt=1", "--results", "part").outcomes()) < 5
    rig.run(".", "--shard", "1/2", "--store", "kept", "--run-id", "half")
    half = rig.report("./kept//runs/half/", "--results", "half")
    assert (half.code, "shard 2/2" in half.out) == (3 if "b" not in half.outcomes() else 1, True)


def test_a_killed_run_in_a_store_is_an_infrastructure_error(
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
        process.kill()
        rig.ended(process)
    report = rig.report("kept/runs/x", "--results", "again")
    assert report.code == 3, report.said
    assert report.outcomes() == {"a": "passed", "b": "interrupted"}
    assert "kept/runs/x/shard=0/attempt=1" in report.out


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("kept/runs/nightli", "has no run 'nightli': did you mean 'nightly'?"),
        ("kept/runs/nightly/shard=3", "run 'nightly' in store kept has no shard 3"),
        ("kept/runs/empty", "kept/runs/empty has no journal yet: it has just begun, or is lost"),
        ("s3://bucket/prefix", "is no run in a store: write s3://BUCKET/PREFIX/runs/RUN"),
    ],
)
def test_a_run_that_is_not_there_is_told(rig: Rig, source: str, words: str) -> None:
    rig.scenario("a")
    rig.run(".", "--store", "kept", "--run-id", "nightly")
    claim_attempt(FolderStore(rig.folder / "kept"), "empty", 0)
    report = rig.report(source)
    assert (report.code, words in report.err) == (4, True), report.said


def test_a_damaged_journal_is_named_as_what_is_in_the_store(rig: Rig) -> None:
    rig.scenario("a")
    rig.run(".", "--store", "kept", "--run-id", "x", "--shard", "1/2")
    rig.run(".", "--store", "kept", "--run-id", "x", "--shard", "2/2")
    file = rig.folder / "kept/runs/x/shard=1/attempt=1/events.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"nonsense\n", *lines[1:]]))
    report = rig.report("kept/runs/x")
    assert report.code == 3, report.said
    place = "kept/runs/x/shard=1/attempt=1/events.jsonl:2: not a record of a journal"
    assert place in report.out.replace("\n", " ").replace("  ", " "), report.said


def test_results_can_be_put_there_later(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("b", "/status/500")
    ran = rig.run(".", "--run-id", "x")
    said = []
    for _ in range(2):
        again = rig.here("report", "store", "results", "--store", "kept")
        assert again.code == 0, again.said
        said.append(again.out)
    assert said[0] == said[1]
    assert said[0].endswith(" files of run x are in kept/runs/x/shard=0/attempt=1/\n")
    (found,) = stored_attempts(FolderStore(rig.folder / "kept"), "x")
    assert found.journal() == (ran.results / "events.jsonl").read_bytes()
    assert rig.report("kept/runs/x").code == 1


def test_what_was_kept_of_a_run_is_completed(rig: Rig) -> None:
    """The store went away: after the claim, while the run went on, before its last file."""
    rig.scenario("a")
    ran = rig.run(".", "--store", "kept", "--run-id", "x")
    folder = rig.folder / "kept/runs/x/shard=0/attempt=1"
    store = FolderStore(rig.folder / "kept")
    journal = (ran.results / "events.jsonl").read_bytes()
    for left in (["claim.json"], ["claim.json", "journal/0000000000.jsonl"], ["events.jsonl"]):
        for file in [one for one in folder.rglob("*") if one.is_file()]:
            file.unlink()
        for name in left:
            lines = journal if name == "events.jsonl" else journal.partition(b"\n")[0] + b"\n"
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"{}" if name == "claim.json" else lines)
        assert rig.here("report", "store", "results", "--store", "kept").code == 0
        (found,) = stored_attempts(store, "x")
        assert (found.is_whole, found.journal()) == (True, journal)
        assert "junit.xml" in found.files


def test_another_run_of_the_same_name_is_another_attempt(rig: Rig) -> None:
    rig.scenario("a")
    for results in ("one", "two"):
        rig.run("a.yaml", "--run-id", "x", "--results", results)
        assert rig.here("report", "store", results, "--store", "kept").code == 0
    store = FolderStore(rig.folder / "kept")
    assert [one.attempt for one in stored_attempts(store, "x")] == [1, 2]


def test_a_merged_report_is_no_attempt(rig: Rig) -> None:
    for name in ("a", "b", "c"):
        rig.scenario(name)
    for n in (1, 2):
        rig.run(".", "--shard", f"{n}/2", "--store", "kept", "--run-id", "x")
    rig.report("kept/runs/x", "--results", "whole")
    put = rig.here("report", "store", "whole", "--store", "kept")
    assert put.out.endswith("files of run x are in kept/runs/x/merged/\n"), put.said
    store = FolderStore(rig.folder / "kept")
    assert len(stored_attempts(store, "x")) == 2
    assert rig.report("kept/runs/x/merged").code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read"),
        (b"", "its journal does not begin with the run"),
        (b"nonsense\n\n", "not a record of a journal"),
    ],
)
def test_what_is_no_result_is_not_kept(rig: Rig, content: bytes | None, words: str) -> None:
    (rig.folder / "results").mkdir()
    if content is not None:
        (rig.folder / "results/events.jsonl").write_bytes(content)
    put = rig.here("report", "store", "results", "--store", "kept")
    assert (put.code, words in put.err) == (3, True), put.said
    assert not (rig.folder / "kept").exists()


@pytest.fixture
def s3(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Proxy]:
    """Give a way to the bucket `results` of a real server, for this process and for runs."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server, s3_proxy(server.url) as proxy:
        server.fill("results")
        rig.environment |= {
            **server.credentials(),
            "AWS_ENDPOINT_URL_S3": proxy.url,
            "AGENTRIG_STORE_PATH_STYLE": "true",
        }
        for name, value in rig.environment.items():
            monkeypatch.setenv(name, value)
        yield proxy


def test_a_run_outlives_the_death_of_its_bucket(
    rig: Rig, agent: AgentServer, s3: S3Proxy, until: Callable[[Callable[[], object]], None]
) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    count = 0

    def busy(_: Asked) -> Fault | None:
        nonlocal count
        count += 1
        return Fault(status=503, code="SlowDown") if count % 3 == 0 else None

    s3.fault = busy
    with rig.started(".", "--store", "s3://results/qa", "--run-id", "x") as process:
        agent.wait_for(2)
        until(lambda: s3.puts(".jsonl"))
        s3.close()
        agent.release()
        until((rig.folder / "results/summary.json").exists)
        s3.open()
        ran = rig.ended(process)
    assert ran.code == 0, ran.said
    s3.fault = lambda _: None
    (found,) = stored_attempts(open_store("s3://results/qa"), "x")
    assert found.journal() == (ran.results / "events.jsonl").read_bytes()
    assert {"summary.json", "junit.xml"} <= set(found.files)
    again = rig.report("s3://results/qa/runs/x", "--results", "again")
    assert (again.code, again.outcomes()) == (0, {"a": "passed", "b": "passed"})


@pytest.mark.parametrize(("path", "code"), [("/ok", 3), ("/status/500", 1)])
def test_a_bucket_that_refuses_in_the_end_is_told_with_what_to_do(
    rig: Rig, s3: S3Proxy, path: str, code: int
) -> None:
    rig.scenario("a", path)

    def refuse(asked: Asked) -> Fault | None:
        is_claim = asked.key.endswith("claim.json") or asked.method == "GET"
        return None if is_claim else Fault(status=403, code="AccessDenied")

    s3.fault = refuse
    ran = rig.run("a.yaml", "--store", "s3://results/qa", "--run-id", "x")
    assert ran.code == code, ran.said
    assert ran.summary()["scenarios"][0]["outcome"] == ("passed" if code == 3 else "failed")
    assert ran.err.count("error: the results are not all in the store: ") == 1
    assert "refused to write s3://results/qa/runs/x/shard=0/attempt=1/" in ran.err
    s3.fault = lambda _: None
    command = ran.err.partition("`")[2].partition("`")[0].split()
    assert command == ["agentrig", "report", "store", "results", "--store", "s3://results/qa"]
    assert rig.agentrig(*command[1:]).code == 0
    (found,) = stored_attempts(open_store("s3://results/qa"), "x")
    assert found.journal() == (ran.results / "events.jsonl").read_bytes()


def test_a_bucket_that_refuses_is_told_before_anything_runs(
    rig: Rig, agent: AgentServer, s3: S3Proxy
) -> None:
    rig.scenario("a")
    s3.fault = lambda _: Fault(status=403, code="AccessDenied")
    ran = rig.run("a.yaml", "--store", "s3://results/qa")
    assert (ran.code, "AccessDenied" in ran.err, agent.paths) == (3, True, []), ran.said
    s3.fault = lambda _: None
    ran = rig.run("a.yaml", "--store", "s3://nobody/qa")
    assert (ran.code, agent.paths) == (4, []), ran.said
    assert ran.err == f"error: {s3.url} has no bucket 'nobody'\n"


def test_ctrl_c_ends_the_wait_for_the_bucket(
    rig: Rig, s3: S3Proxy, until: Callable[[Callable[[], object]], None]
) -> None:
    rig.scenario("a")
    s3.fault = lambda asked: (
        Fault(delay_s=120) if asked.method == "PUT" and "claim" not in asked.key else None
    )
    with rig.started("a.yaml", "--store", "s3://results/qa", "--run-id", "x") as process:
        until((rig.folder / "results/summary.json").exists)
        until(lambda: s3.puts(".jsonl"))
        process.send_signal(signal.SIGINT)
        ran = rig.ended(process)
    assert ran.code == 3, ran.said
    assert ran.outcomes() == {"a": "passed"}
    told = "error: the results are not all in the store: interrupted before all was there"
    assert ran.err.count(told) == 1, ran.said
    assert "Traceback" not in ran.err


def test_a_bucket_that_is_away_at_the_start_is_waited_for(rig: Rig, s3: S3Proxy) -> None:
    rig.scenario("a")
    # boto3 asks three times for each time that the run does.
    s3.fault = lambda _: Fault(status=503, code="SlowDown") if len(s3.asked) < 8 else None
    ran = rig.run("a.yaml", "--store", "s3://results/qa", "--run-id", "x")
    assert ran.code == 0, ran.said
    assert [one.attempt for one in stored_attempts(open_store("s3://results/qa"), "x")] == [1]
    assert {record.attempt for record in ran.records()} == {1}


IMPATIENT = """
import sys
from agentrig.pytest_plugin import _keeping
_keeping.WAIT_S = 0.5
from agentrig.cli import main
main(sys.argv[1:])
"""


def test_a_run_that_may_have_to_go_on_does_not_begin_without_its_store(
    rig: Rig, agent: AgentServer, s3: S3Proxy
) -> None:
    rig.scenario("a")
    s3.close()
    call = ("-c", IMPATIENT, "run", "a.yaml", "--store", "s3://results/qa", "--run-id", "x")
    ran = rig.python(*call)
    assert (ran.code, agent.paths) == (3, []), ran.said
    assert "--no-resume runs all without them" in ran.err
