"""Attempts at the same run: the newest one stays, wherever and whenever the others come in."""

from __future__ import annotations

from typing import Any

import pytest

from agentrig.search import Pusher
from tests.support.records import records
from tests.support.search_proxy import Reply
from tests.support.searching import BEGIN_MS, Case, ids_of, run_of, send, settings_of

DAY_MS = 86_400_000
RUN = run_of(3)
FAILED = run_of(3, message="it fails", code=1)
IDS = sorted(ids_of(RUN))
KINDS = [{"data_stream": False}, {"data_stream": True}, {"dated": False}]


def outcomes(case: Case) -> dict[tuple[str, int], int]:
    """Count the tests of the index by outcome and attempt; none may be there twice."""
    case.server.ask("POST", f"/{case.index}*/_refresh")
    found: dict[tuple[str, int], int] = {}
    for body in case.account("*").delivered.values():
        if body["kind"] == "test":
            key = body["outcome"], body["attempt"]
            found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize("kind", KINDS, ids=["dated", "data stream", "one index"])
def test_a_later_attempt_replaces_an_earlier_one_of_another_day(
    each: Case, kind: dict[str, Any]
) -> None:
    settings = each.settings(**kind)
    send(settings, each.results, FAILED, attempt=1)
    assert outcomes(each) == {("failed", 1): 3}
    send(settings, each.results, RUN, attempt=2, begin_ms=BEGIN_MS + DAY_MS)
    assert outcomes(each) == {("passed", 2): 3}


@pytest.mark.parametrize("kind", KINDS, ids=["dated", "data stream", "one index"])
def test_an_earlier_attempt_that_comes_in_late_changes_nothing(
    each: Case, kind: dict[str, Any]
) -> None:
    settings = each.settings(**kind)
    send(settings, each.results, RUN, attempt=2)
    outcomes(each)
    sent = send(settings, each.results, FAILED, attempt=1)
    assert (sent.warnings, sent.problems) == ([], [])
    assert outcomes(each) == {("passed", 2): 3}


@pytest.mark.parametrize("kind", KINDS, ids=["dated", "data stream", "one index"])
def test_to_push_a_run_again_doubles_nothing(each: Case, kind: dict[str, Any]) -> None:
    settings = each.settings(**kind)
    send(settings, each.results, RUN)
    outcomes(each)
    before = each.account("*").delivered
    for _ in range(2):
        pusher = Pusher(settings)
        pusher.push_records(records(RUN))
        pusher.close()
        assert pusher.counts.delivered == len(IDS)
    assert set(each.account("*").delivered) == set(before)


def test_a_spool_of_an_earlier_day_does_not_double_a_later_attempt(each: Case) -> None:
    away = each.settings("http://127.0.0.1:9", timeout_s=0.1)
    send(away, each.results, FAILED, attempt=1)
    send(each.settings(), each.results / "second", RUN, attempt=2, begin_ms=BEGIN_MS + DAY_MS)
    outcomes(each)
    pusher = Pusher(each.settings())
    pusher.push_spool(each.results / "search-spool")
    pusher.close()
    assert pusher.counts.delivered == len(IDS)
    assert outcomes(each) == {("passed", 2): 3}


def test_a_key_that_may_not_read_delivers_all_the_same(each: Case) -> None:
    each.proxy.behave = lambda ask: Reply(403) if "_search" in ask.path else None
    sent = send(each.settings(), each.results, RUN, attempt=2)
    assert (sent.warnings, sent.problems) == ([], [])
    assert outcomes(each) == {("passed", 2): 3}


def test_a_first_attempt_looks_for_nothing(each: Case) -> None:
    for attempt in (0, 1):
        send(each.settings(), each.results, RUN, attempt=attempt)
    assert [ask.path for ask in each.proxy.asked if "_search" in ask.path] == []


def test_the_template_is_put_once_and_one_that_was_changed_stays(each: Case) -> None:
    for _ in range(2):
        send(each.settings(), each.results, RUN)
    puts = [ask for ask in each.proxy.asked if ask.method == "PUT"]
    assert [ask.path for ask in puts] == [f"/_index_template/{each.index}"]
    # Whoever takes the mark of agentrig away keeps the template as it is.
    own = {"index_patterns": [f"{each.index}-20*"], "priority": 200, "template": {}}
    each.server.ask("PUT", f"/_index_template/{each.index}", own)
    send(each.settings(), each.results, RUN)
    assert len([ask for ask in each.proxy.asked if ask.method == "PUT"]) == 1


def test_an_index_whose_name_begins_as_another_has_a_template_of_its_own(each: Case) -> None:
    one = send(each.settings(), each.results, RUN)
    two = send(settings_of(each.proxy.url, f"{each.index}-two"), each.results, RUN)
    assert one.warnings + two.warnings == []
    assert len(each.server.documents(f"{each.index}-20*")) == len(IDS)
    assert len(each.server.documents(f"{each.index}-two-20*")) == len(IDS)


def test_both_kinds_of_index_may_bear_one_name(each: Case) -> None:
    for stream in (False, True):
        assert send(each.settings(data_stream=stream), each.results, RUN).warnings == []
    assert len(each.server.documents(f"{each.index}-20*")) == len(IDS)
    assert len(each.server.documents(each.index)) == len(IDS)
