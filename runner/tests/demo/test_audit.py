from __future__ import annotations

from agentrig.demo.audit import Entry, Report, Ring


def entry(request_id: str, path: str = "/") -> Entry:
    return Entry(
        request_id=request_id,
        timestamp="2026-01-01T00:00:00.000Z",
        method="GET",
        path=path,
        status_code=200,
        duration_ms=1.5,
        policy_mode="track",
    )


def test_the_ring_keeps_the_newest_thousand_oldest_first() -> None:
    ring = Ring()
    for number in range(1003):
        ring.add(entry(str(number)))
    ids = [e["requestId"] for e in ring.to_json()]
    assert ids == [str(number) for number in range(3, 1003)]


def test_a_report_goes_to_the_newest_entry_of_its_request() -> None:
    ring = Ring()
    ring.add(entry("a"))
    ring.add(entry("a"))
    assert ring.report("a", Report(source="events", tools=("t",))) is not None
    assert [e["toolsCalled"] for e in ring.to_json()] == [[], ["t"]]


def test_a_report_that_comes_early_waits_for_its_entry() -> None:
    ring = Ring()
    assert ring.report("a", Report(source="events", tools=("t",))) is None
    ring.add(entry("b"))
    ring.add(entry("a"))
    ring.add(entry("a"))
    assert [e["toolsCalled"] for e in ring.to_json()] == [[], ["t"], []]


def test_only_so_many_reports_wait() -> None:
    ring = Ring(size=2)
    for request_id in "abc":
        ring.report(request_id, Report(source="events", tools=("t",)))
    ring.add(entry("a"))
    ring.add(entry("c"))
    assert [e["toolsCalled"] for e in ring.to_json()] == [[], ["t"]]


def test_reports_add_up_without_repeating() -> None:
    one = entry("a")
    one.add(Report(source="headers", guardrails=("g",), tools=("t",)))
    one.add(Report(source="events", guardrails=("g", "h"), models=("m",), user_confirmed=True))
    shown = one.to_json()
    assert shown["guardrailsInvoked"] == ["g", "h"]
    assert (shown["toolsCalled"], shown["modelCalls"]) == (["t"], ["m"])
    assert shown["reportedBy"] == ["headers", "events"]
    assert shown["userConfirmed"] is True


def test_an_entry_stays_small_whatever_is_reported() -> None:
    one = entry("a", path="/" + "x" * 60_000)
    for number in range(1000):
        one.add(Report(source="events", tools=(f"t{number}", f"u{number}")))
    shown = one.to_json()
    assert len(shown["toolsCalled"]) == 200
    assert len(shown["path"]) == 512
