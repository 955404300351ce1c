"""Servers that are away, slow, full, or no search servers: nothing is lost, and nothing doubled."""

from __future__ import annotations

import json
import ssl
import threading
import time
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.raw_server import raw_server
from tests.support.search_proxy import Ask, Reply, SearchProxy, search_proxy
from tests.support.search_server import own_search_server
from tests.support.searching import DAY, Case, ids_of, run_of, send, settings_of, take_account

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.raw_server import Conversation

RUN = run_of(20)
IDS = sorted(ids_of(RUN))
ALL = len(IDS)
NOWHERE = "http://127.0.0.1:9"


def is_over(ask: Ask, limit: int) -> bool:
    return ask.is_bulk and len(ask.body) > limit


def test_a_server_that_takes_all_leaves_no_spool(each: Case) -> None:
    sent = each.send(RUN)
    assert (sent.code, sent.warnings, sent.problems) == (0, [], [])
    account = each.account(f"-{DAY}")
    assert sorted(account.delivered) == IDS
    assert list(each.results.iterdir()) == []


@pytest.mark.parametrize(("required", "code"), [(False, 0), (True, 3)])
def test_a_server_that_is_away_leaves_all_in_the_spool(
    case: Case, *, required: bool, code: int
) -> None:
    settings = case.settings(NOWHERE, timeout_s=0.5, require_delivery=required)
    sent = send(settings, case.results, RUN)
    assert sent.code == code
    said = sent.problems if required else sent.warnings
    reason = f"cannot reach {NOWHERE}: Connection refused (os error 111)"
    again = f"`agentrig report push {case.results}` sends them later"
    assert said == [f"{ALL} of {ALL} documents were not delivered ({reason}): {again}"]
    assert len(sent.problems) + len(sent.warnings) == 1
    assert case.account().everywhere == IDS


def test_a_failed_run_stays_failed_when_delivery_is_required(case: Case) -> None:
    settings = case.settings(NOWHERE, timeout_s=0.2, require_delivery=True)
    assert send(settings, case.results, run_of(1, code=1)).code == 1


def test_a_server_that_dies_and_comes_back_gets_all_of_them_once(tmp_path: Path) -> None:
    results = tmp_path / "results"
    events = run_of(60)
    with own_search_server(tmp_path / "own") as first:
        port = first.url.rpartition(":")[2]
        settings = settings_of(first.url, "runs", timeout_s=60.0)
        again = threading.Event()

        def between(number: int) -> None:
            if number == 41:  # after it has taken some
                deadline = time.monotonic() + 30
                while not first.ask("GET", "/runs-*/_count").get("count"):
                    first.ask("POST", "/runs-*/_refresh")
                    assert time.monotonic() < deadline
                first.kill()
            elif number == len(events) - 1:
                again.set()

        def come_back() -> None:
            again.wait(60)
            with own_search_server(tmp_path / "own", f"http.port={port}") as second:
                assert second.url == first.url
                is_back.set()
                done.wait(100)

        is_back, done = threading.Event(), threading.Event()
        thread = threading.Thread(target=come_back)
        thread.start()
        try:
            sent = send(settings, results, events, between=between)
            assert is_back.wait(60)
            second = first
            second.ask("GET", "/_cluster/health/runs*?wait_for_status=yellow&timeout=30s")
            account = take_account(second, f"runs-{DAY}", results)
        finally:
            done.set()
            thread.join()
    assert (sent.code, sent.warnings, sent.problems) == (0, [], [])
    assert sorted(account.delivered) == sorted(ids_of(events))
    assert account.spooled == []


def test_a_server_that_dies_and_stays_away_leaves_the_rest(case: Case) -> None:
    case.proxy.behave = lambda _: SearchProxy.hang_up if len(case.proxy.bulks()) > 1 else None
    first_is_in = threading.Event()

    def between(number: int) -> None:
        if number == 21:
            deadline = time.monotonic() + 30
            while not case.proxy.bulks() and time.monotonic() < deadline:
                first_is_in.wait(0.01)

    settings = case.settings(timeout_s=1.0)
    sent = send(settings, case.results, RUN, between=between)
    account = case.account(f"-{DAY}")
    assert sent.code == 0
    assert 0 < len(account.delivered) < ALL
    assert account.everywhere == IDS
    assert sent.warnings[0].startswith(f"{len(account.spooled)} of {ALL} documents")


def test_an_answer_that_is_lost_doubles_nothing(case: Case) -> None:
    case.proxy.behave = lambda _: SearchProxy.loses if len(case.proxy.bulks()) == 1 else None
    sent = case.send(RUN)
    assert (sent.code, sent.warnings) == (0, [])
    assert len(case.proxy.bulks()) == 2
    account = case.account(f"-{DAY}")
    assert account.everywhere == IDS


def test_429_is_waited_for_as_long_as_the_server_asks(case: Case) -> None:
    moments: list[float] = []

    def behave(ask: Ask) -> Reply | None:
        if not ask.is_bulk:
            return None
        moments.append(time.monotonic())
        return Reply(429, headers={"retry-after": "1"}) if len(moments) < 3 else None

    case.proxy.behave = behave
    sent = case.send(RUN)
    assert (sent.code, sent.warnings) == (0, [])
    assert [b - a >= 0.9 for a, b in pairwise(moments)] == [True, True]
    assert case.account().everywhere == IDS


def test_429_that_lasts_is_said(case: Case) -> None:
    case.proxy.behave = lambda ask: Reply(429) if ask.is_bulk else None
    sent = case.send(RUN, timeout_s=1.0)
    assert f"{ALL} of {ALL} documents were not delivered" in sent.warnings[0]
    assert "answers with 429" in sent.warnings[0]


def test_413_makes_batches_smaller(each: Case) -> None:
    each.proxy.behave = lambda ask: Reply(413, "no") if is_over(ask, 9_000) else None
    events = run_of(40, message="m" * 500)
    sent = each.send(events)
    assert (sent.code, sent.warnings) == (0, [])
    account = each.account()
    assert account.everywhere == sorted(ids_of(events))
    # A size that was too much is not tried again and again.
    refused = [ask for ask in each.proxy.bulks() if is_over(ask, 9_000)]
    assert len(refused) <= 5


def test_a_document_that_is_too_large_is_cut_with_a_note(case: Case) -> None:
    case.proxy.behave = lambda ask: Reply(413) if is_over(ask, 5_000) else None
    events = run_of(3, message="long " * 20_000)
    assert case.send(events).warnings == []
    account = case.account()
    assert account.everywhere == sorted(ids_of(events))
    tests = [body for body in account.delivered.values() if body["kind"] == "test"]
    assert len(tests) == 3
    for body in tests:
        assert "characters cut)" in body["failure"]["message"]
        assert "the server takes less than" in body["unindexed"]["cut_by_agentrig"]


def test_the_servers_own_limit_is_found(tmp_path: Path) -> None:
    events = run_of(60, message="x" * 60_000)
    with own_search_server(tmp_path / "own", "http.max_content_length=200kb") as server:
        sent = send(settings_of(server.url, "runs", timeout_s=60.0), tmp_path / "r", events)
        account = take_account(server, "runs-*", tmp_path / "r")
    assert (sent.code, sent.warnings) == (0, [])
    assert account.everywhere == sorted(ids_of(events))


def test_an_item_that_the_server_cannot_take_now_is_sent_again(case: Case) -> None:
    tries = count()

    def behave(ask: Ask) -> Reply | None:
        if not ask.is_bulk or next(tries) > 0:
            return None
        # As a node does whose queue is full: some are in, some are not.
        _, _, answer = case.proxy.forward(
            Ask(ask.method, ask.path, ask.headers, ask.body, packed=False)
        )
        items = json.loads(answer)["items"]
        error = {"type": "rejected_execution_exception", "reason": "queue is full"}
        items[3] = {"index": {"status": 429, "error": error}}
        items[5] = {"index": {"status": 503, "error": error}}
        return Reply(200, json.dumps({"errors": True, "items": items}))

    case.proxy.behave = behave
    sent = case.send(RUN)
    assert (sent.code, sent.warnings) == (0, [])
    first, second = case.proxy.bulks()
    assert second.ids == [first.ids[3], first.ids[5]]
    assert case.account().everywhere == IDS


def test_a_mapping_that_refuses_a_document_keeps_it_with_the_reason(each: Case) -> None:
    # Somebody made the index before, with another type, and not lenient.
    mappings = {"properties": {"duration": {"type": "ip"}, "name": {"type": "keyword"}}}
    each.server.ask(
        "PUT",
        f"/{each.index}-{DAY}",
        {"settings": {"index.mapping.ignore_malformed": False}, "mappings": mappings},
    )
    sent = each.send(RUN)
    assert sent.code == 0
    account = each.account()
    assert account.everywhere == IDS
    assert len(account.refused) == len(account.spooled) >= ALL - 1
    assert all("duration" in reason for reason in account.refused.values())
    assert f"{len(account.refused)} of {ALL} documents were refused by" in sent.warnings[0]
    assert "failed to parse field [duration] of type [ip]" in sent.warnings[0]


def test_required_delivery_fails_for_documents_that_were_refused(each: Case) -> None:
    mappings = {"dynamic": "strict", "properties": {"x": {"type": "keyword"}}}
    each.server.ask("PUT", f"/{each.index}-{DAY}", {"mappings": mappings})
    settings = each.settings(require_delivery=True)
    sent = send(settings, each.results, RUN)
    assert sent.code == 3
    assert "strict_dynamic_mapping_exception" in sent.problems[0]
    assert each.account().everywhere == IDS


def test_a_template_that_may_not_be_put_is_said_and_stops_nothing(case: Case) -> None:
    error = json.dumps({"error": {"type": "security_exception", "reason": "no permissions"}})
    case.proxy.behave = lambda ask: Reply(403, error) if "template" in ask.path else None
    settings = case.settings(require_delivery=True)
    sent = send(settings, case.results, RUN)
    assert sent.code == 0
    reason = f"{case.proxy.url} answers with 403: security_exception: no permissions"
    what = "without it, fields get other types than searches and dashboards need"
    said = f"the index template '{case.index}' could not be put ({reason}): {what}"
    assert sent.warnings == [said]
    assert case.account().everywhere == IDS


def test_no_index_is_made_where_a_data_stream_was_wanted_and_no_template_is(case: Case) -> None:
    error = json.dumps({"error": {"type": "security_exception", "reason": "no permissions"}})
    case.proxy.behave = lambda ask: Reply(403, error) if "template" in ask.path else None
    settings = case.settings(data_stream=True, timeout_s=1.0)
    sent = send(settings, case.results, RUN)
    assert f"{ALL} of {ALL} documents were not delivered" in sent.warnings[0]
    assert case.server.ask("GET", f"/_cat/indices/{case.index}*?format=json") == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(401), "answers with 401"),
        (Reply(302, headers={"location": "/login"}), "answers with 302"),
        (Reply(200, "<html>Log in"), "answers with 200 and no JSON: is it a search server?"),
        (Reply(200, "[]"), "answers a bulk request with something else"),
        (Reply(200, '{"items": [{}]}'), "answers a bulk request with something else"),
        (Reply(400, "<html>The plain HTTP request was sent to HTTPS port"), "answers with 400"),
        (Reply(503, "Service Unavailable"), "answers with 503"),
        (SearchProxy.hang_up, "cannot reach"),
    ],
    ids=["401", "302", "html", "list", "items", "400", "503", "hang-up"],
)
def test_a_server_that_is_none_loses_nothing(case: Case, reply: Reply, said: str) -> None:
    case.proxy.behave = lambda _: reply
    sent = case.send(RUN, timeout_s=1.0)
    assert sent.code == 0
    assert sent.warnings[0].startswith(f"{ALL} of {ALL} documents were not delivered")
    assert said in sent.warnings[0]
    assert case.account("*").everywhere == IDS


def test_what_will_not_get_better_is_not_waited_for(case: Case) -> None:
    case.proxy.behave = lambda _: Reply(401)
    begin = time.monotonic()
    sent = case.send(RUN, timeout_s=100.0)
    assert time.monotonic() - begin < 30
    assert "answers with 401" in sent.warnings[0]


def test_a_server_that_gives_no_answer_holds_nobody_up(case: Case) -> None:
    def wait(conversation: Conversation) -> None:
        while conversation.request():
            conversation.pause(60)

    began: list[float] = []
    with raw_server(wait) as slow:
        settings = case.settings(slow.url, timeout_s=1.0)
        moment = time.monotonic()
        sent = send(settings, case.results, RUN, between=lambda _: began.append(time.monotonic()))
        assert time.monotonic() - began[-1] < 20
    assert began[-1] - moment < 5
    assert f"{ALL} of {ALL} documents were not delivered" in sent.warnings[0]
    assert "gives no answer within" in sent.warnings[0]
    assert case.account().everywhere == IDS


def test_a_server_is_known_by_its_authority_alone(case: Case, tmp_path: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(tls)
    ours.cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    theirs.cert_pem.write_to_path(str(tmp_path / "theirs.pem"))
    with search_proxy(case.server.url, tls) as secure:
        wrong = case.settings(secure.url, ca=tmp_path / "theirs.pem", timeout_s=60.0)
        sent = send(wrong, case.results, RUN)
        assert "invalid peer certificate" in sent.warnings[0]
        assert "(name its authority by --search-ca)" in sent.warnings[0]
        account = case.account()
        assert sorted(account.spooled) == IDS
        right = case.settings(secure.url, ca=tmp_path / "ours.pem")
        assert send(right, tmp_path / "right", RUN).warnings == []
    assert len(case.account().delivered) == ALL


def test_what_elasticsearch_adds_changes_nothing(case: Case) -> None:
    def behave(ask: Ask) -> Reply | None:
        # Elasticsearch 8 and 9 refuse other media types, and parameters that they do not know.
        assert ask.headers["accept"] == "application/json"
        assert ask.headers.get("content-type") in {None, "application/json", "application/x-ndjson"}
        status, headers, body = case.proxy.forward(ask)
        media = "application/vnd.elasticsearch+json;compatible-with=8"
        more = {"X-Elastic-Product": "Elasticsearch", "content-type": media}
        return Reply(status, body.decode(), {**headers, **more})

    case.proxy.behave = behave
    sent = case.send(RUN)
    assert (sent.code, sent.warnings) == (0, [])
    assert case.account().everywhere == IDS
    assert all(ask.packed for ask in case.proxy.bulks())
