"""`run --search-url` and `report push`, as processes, with a real OpenSearch."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.search_proxy import Reply, SearchProxy, search_proxy
from tests.support.search_server import search_index, search_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.rig import Ran, Rig
    from tests.support.search_server import SearchServer

__all__ = ["search_index", "search_server"]

AWAY = ("--search-url", "http://127.0.0.1:9", "--search-timeout", "200ms")


@pytest.fixture
def proxy(search_server: SearchServer) -> Iterator[SearchProxy]:
    with search_proxy(search_server.url) as made:
        yield made


@pytest.fixture
def to(search_server: SearchServer, search_index: str) -> list[str]:
    return ["--search-url", search_server.url, "--search-index", search_index]


def outcomes_in(server: SearchServer, index: str) -> dict[str, str]:
    """Give the outcomes of all tests in an index."""
    found = server.documents(f"{index}-*").values()
    return {body["test_id"]: body["outcome"] for body in found if body["kind"] == "test"}


def write(rig: Rig, count: int) -> None:
    for number in range(count):
        rig.scenario(f"s{number}")


def said(ran: Ran, part: str) -> bool:
    return part in ran.err


def test_a_run_is_found_by_what_it_was_about(
    rig: Rig, search_server: SearchServer, search_index: str, to: list[str]
) -> None:
    write(rig, 3)
    ran = rig.run(".", *to, "--label", "environment=staging", "--commit", "abc1234")
    assert (ran.code, ran.err) == (0, ""), ran.said
    assert not (ran.results / "search-spool").exists()
    found = search_server.documents(f"{search_index}-*").values()
    assert {body["environment"] for body in found} == {"staging"}
    assert {body["commit"] for body in found} == {"abc1234"}
    assert len(outcomes_in(search_server, search_index)) == 3


def test_what_was_not_delivered_is_pushed_later(
    rig: Rig, search_server: SearchServer, search_index: str, to: list[str]
) -> None:
    write(rig, 3)
    ran = rig.run(".", *AWAY)
    assert ran.code == 0
    assert said(ran, "warning: 4 of 4 documents were not delivered"), ran.said
    assert said(ran, "`agentrig report push results` sends them later")
    still = rig.agentrig("report", "push", "results", *AWAY)
    assert (still.code, still.out) == (3, "0 of 4 documents are in http://127.0.0.1:9\n"), (
        still.said
    )
    assert said(still, "error: 4 of 4 documents were not delivered")
    pushed = rig.agentrig("report", "push", "results", *to)
    assert (pushed.code, pushed.err) == (0, ""), pushed.said
    assert pushed.out == f"4 of 4 documents are in {search_server.url}\n"
    assert not (ran.results / "search-spool").exists()
    assert outcomes_in(search_server, search_index) == dict.fromkeys(
        ("s0.yaml", "s1.yaml", "s2.yaml"), "passed"
    )


def test_required_delivery_makes_a_run_fail_that_passed(rig: Rig) -> None:
    write(rig, 1)
    ran = rig.run(".", *AWAY, "--require-delivery")
    assert ran.code == 3
    assert said(ran, "error: 2 of 2 documents were not delivered"), ran.said
    assert ran.summary()["exit_code"] == 3
    rig.scenario("fails", status=500)
    assert rig.run(".", *AWAY, "--require-delivery").code == 1


def test_a_journal_and_a_log_are_pushed_whole(
    rig: Rig, search_server: SearchServer, search_index: str, to: list[str]
) -> None:
    write(rig, 2)
    ran = rig.run(".", "--log-journal")
    (rig.folder / "log").write_text(ran.out)
    for source in ("results", "results/events.jsonl", "log"):
        pushed = rig.agentrig("report", "push", source, *to)
        assert (pushed.code, pushed.out.split(" are ")[0]) == (0, "3 of 3 documents"), pushed.said
    assert len(search_server.documents(f"{search_index}-*")) == 3


def test_a_run_in_a_store_is_pushed_with_all_of_its_shards(
    rig: Rig, search_server: SearchServer, search_index: str, to: list[str]
) -> None:
    write(rig, 4)
    for shard in ("1/2", "2/2"):
        ran = rig.run(".", "--store", "kept", "--run-id", "r", "--shard", shard, *to)
        assert ran.code == 0, ran.said
    before = search_server.documents(f"{search_index}-*")
    pushed = rig.agentrig("report", "push", "kept/runs/r", *to)
    assert pushed.code == 0, pushed.said
    after = search_server.documents(f"{search_index}-*")
    assert len(outcomes_in(search_server, search_index)) == 4
    assert set(before) <= set(after)
    assert len([body for body in after.values() if body["kind"] == "test"]) == 4


def test_a_run_that_was_killed_is_pushed_from_its_journal(
    rig: Rig,
    proxy: SearchProxy,
    search_server: SearchServer,
    search_index: str,
    until: Callable[[Callable[[], object]], None],
) -> None:
    write(rig, 8)
    rig.scenario("z", "/hold")
    proxy.behave = lambda _: SearchProxy.hang_up
    to = ["--search-url", proxy.url, "--search-index", search_index]
    with rig.started(".", "-c", "9", *to) as process:
        journal = rig.folder / "results/events.jsonl"
        until(lambda: journal.exists() and journal.read_text().count("scenario.finished") == 8)
        process.send_signal(signal.SIGKILL)
        assert rig.ended(process).code == -signal.SIGKILL
    proxy.behave = lambda _: None
    pushed = rig.agentrig("report", "push", "results", *to)
    assert pushed.code == 0, pushed.said
    assert pushed.out.startswith("9 of 9 documents are in ")
    assert not (rig.folder / "results/search-spool").exists()
    assert outcomes_in(search_server, search_index) == {
        f"s{number}.yaml": "passed" for number in range(8)
    }


def test_whoever_interrupts_the_last_wait_has_the_reports_at_once(
    rig: Rig, until: Callable[[Callable[[], object]], None]
) -> None:
    write(rig, 2)
    away = ["--search-url", "http://127.0.0.1:9", "--search-timeout", "10m"]
    with rig.started(".", *away) as process:
        journal = rig.folder / "results/events.jsonl"
        until(lambda: journal.exists() and journal.read_text().count("scenario.finished") == 2)
        process.send_signal(signal.SIGTERM)
        ran = rig.ended(process)
    assert ran.code == 2, ran.said
    assert said(ran, "documents were not delivered"), ran.said
    assert ran.summary()["exit_code"] == 2
    assert ran.events()[-1].kind == "run.finished"
    assert list((ran.results / "search-spool").glob("*.ndjson"))


def test_credentials_of_a_folder_reach_the_server_and_nothing_else(
    rig: Rig, proxy: SearchProxy, search_index: str
) -> None:
    secrets = rig.folder / "secrets"
    secrets.mkdir()
    (secrets / "AGENTRIG_SEARCH_USERNAME").write_text("elastic")
    (secrets / "AGENTRIG_SEARCH_PASSWORD").write_text("hunter22-secret")
    rig.scenario("shows", tags=["hunter22-secret"])
    proxy.behave = lambda ask: (
        None if "authorization" in ask.headers else Reply(401, '{"error": "who are you"}')
    )
    args = ["--search-url", proxy.url, "--search-index", search_index, "--secrets", "secrets"]
    ran = rig.run("shows.yaml", *args, "--label", "token=hunter22-secret")
    assert (ran.code, ran.err) == (0, ""), ran.said
    assert "hunter22" not in ran.out + (ran.results / "events.jsonl").read_text()
    assert all(b"hunter22" not in ask.body for ask in proxy.asked)
    assert {ask.headers["authorization"] for ask in proxy.asked} == {
        "Basic ZWxhc3RpYzpodW50ZXIyMi1zZWNyZXQ="
    }


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--search-url", "search"], "write https://HOST:PORT"),
        (["--search-url", "http://x", "--search-index", "A"], "cannot be the name of an index"),
        (["--search-url", "http://x", "--search-timeout", "soon"], "--search-timeout"),
        (["--search-url", "http://x", "--search-ca", "none.pem"], "cannot read the authority"),
        (["--require-delivery"], "say --search-url as well"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    rig: Rig, args: list[str], said: str
) -> None:
    rig.scenario("a")
    ran = rig.here("run", ".", *args)
    assert ran.code == 4
    assert said in ran.err
    assert not ran.results.exists()


def test_a_push_needs_a_server_and_a_source(rig: Rig) -> None:
    (rig.folder / "empty").mkdir()
    assert "--search-url is missing" in rig.here("report", "push", "empty").err
    assert rig.here("report", "push", "empty", *AWAY).code == 4
