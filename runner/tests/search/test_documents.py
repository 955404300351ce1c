"""The documents of a run, from its records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.events import (
    CheckResult,
    DataRecorded,
    Event,
    ExecutionFinished,
    LimitChecked,
    MetricRecorded,
    Outcome,
    RunFinished,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
    TroubleFound,
)
from agentrig.search import Document, Documents
from tests.reporters.test_journal import events
from tests.support.records import every_outcome, planned, records, started

if TYPE_CHECKING:
    from collections.abc import Iterable

CHAT = "s/chat.yaml"
TEST = "s/test_chat.py::test_quality"


def documents_of(what: Iterable[Event], *, attempt: int = 0, run: str = "a-run") -> list[Document]:
    documents = Documents()
    made: list[Document] = []
    for record in records(what, run=run):
        made += documents.receive(replace(record, attempt=attempt))
    return [*made, *documents.close()]


def bodies_of(what: Iterable[Event]) -> list[dict[str, Any]]:
    """Give the bodies as a server gets them."""
    return [json.loads(msgspec.json.encode(one.body)) for one in documents_of(what)]


def finished(scenario: str = CHAT, outcome: Outcome = Outcome.PASSED) -> ScenarioFinished:
    return ScenarioFinished(scenario=scenario, outcome=outcome, elapsed_ms=1250.0)


def body_of(*what: Event, scenario: str = CHAT, end: ScenarioFinished | None = None) -> Any:
    """Give the body of one scenario's document."""
    plan = started([planned(CHAT), planned(TEST, line=7)])
    end = end or finished(scenario)
    return bodies_of([plan, ScenarioStarted(scenario=scenario), *what, end])[0]


def metric(name: str, value: float, unit: str | None = None) -> MetricRecorded:
    return MetricRecorded(scenario=CHAT, name=name, value=value, unit=unit)


def data(scenario: str | None = CHAT, /, **values: Any) -> DataRecorded:
    return DataRecorded(scenario=scenario, data=json.dumps(values))


def test_every_scenario_has_a_document_and_the_run_has_one() -> None:
    bodies = bodies_of(every_outcome())
    told = [event.scenario for event in every_outcome() if isinstance(event, ScenarioFinished)]
    assert [body["test_id"] for body in bodies if body["kind"] == "test"] == told
    assert [body["kind"] for body in bodies].count("run") == 1
    assert all(body["@timestamp"].startswith("2026-01-02T03:04:") for body in bodies)


def test_a_scenario_has_the_fields_of_the_guide_and_of_pytest_elk_reporter() -> None:
    plan = replace(
        started([replace(planned(CHAT, name="It answers"), agent="echo", tags=("smoke",))]),
        commit="0123456789abcdef",
        labels=(("environment", "staging"), ("model", "m-1"), ("team.name", "blue")),
    )
    [body, _] = bodies_of([plan, ScenarioStarted(scenario=CHAT), finished()])
    assert body == {
        "@timestamp": "2026-01-02T03:04:07.000Z",
        "timestamp": "2026-01-02T03:04:07.000Z",
        "session_start_time": "2026-01-02T03:04:05.000Z",
        "kind": "test",
        "test_id": CHAT,
        "name": CHAT,
        "title": "It answers",
        "outcome": "passed",
        "passed": 1,
        "duration": 1.25,
        "duration_seconds": 1.25,
        "flaky": False,
        "executions": 1,
        "path": CHAT,
        "line": 1,
        "language": "yaml",
        "agent": "echo",
        "tags": ["smoke"],
        "markers": ["smoke"],
        "run": "a-run",
        "shard": 0,
        "shards": 1,
        "attempt": 0,
        "via": "direct",
        "namespace": "demo",
        "agentrig_version": "1.2.3",
        "python_version": "3.11.0",
        "commit": "0123456789abcdef",
        "git_commit_sha": "0123456789abcdef",
        "git_commit_sha_short": "0123456",
        "environment": "staging",
        "model": "m-1",
        "labels": {"environment": "staging", "model": "m-1", "team_name": "blue"},
    }


def test_steps_have_their_times_and_give_the_latency_of_answers() -> None:
    body = body_of(
        StepStarted(scenario=CHAT, step=0, name="Ask", step_kind="chat"),
        StepFinished(scenario=CHAT, step=0, name="Ask", outcome=Outcome.PASSED, elapsed_ms=120.5),
        StepStarted(scenario=CHAT, step=1, name="Wait", step_kind="wait"),
        StepFinished(scenario=CHAT, step=1, name="Wait", outcome=Outcome.PASSED, elapsed_ms=1000.0),
    )
    assert body["steps"] == [
        {
            "name": "Ask",
            "kind": "chat",
            "phase": "steps",
            "outcome": "passed",
            "duration_ms": 120.5,
            "attempts": 1,
        },
        {
            "name": "Wait",
            "kind": "wait",
            "phase": "steps",
            "outcome": "passed",
            "duration_ms": 1000.0,
            "attempts": 1,
        },
    ]
    assert body["steps_total"] == 2
    assert body["response_latency_ms"] == 120.5


def test_a_metric_stands_under_its_own_name_and_among_all() -> None:
    body = body_of(metric("faithfulness_score", 0.93), metric("tokens", 5.0, "1"))
    assert body["faithfulness_score"] == 0.93
    assert body["tokens"] == 5.0
    assert body["metrics"] == [
        {"name": "faithfulness_score", "value": 0.93},
        {"name": "tokens", "value": 5.0, "unit": "1"},
    ]


def test_a_metric_that_is_called_as_a_field_stands_among_all_only() -> None:
    body = body_of(metric("outcome", 1.0), metric("environment", 2.0), metric("_id", 3.0))
    assert body["outcome"] == "passed"
    assert "environment" not in body
    assert body["id"] == 3.0
    assert [one["name"] for one in body["metrics"]] == ["outcome", "environment", "_id"]


def test_what_fails_says_why() -> None:
    failed = StepFinished(
        scenario=CHAT,
        step=0,
        name="Ask",
        outcome=Outcome.FAILED,
        elapsed_ms=1.0,
        checks=(CheckResult(check="status equals", outcome=Outcome.FAILED),),
    )
    end = replace(finished(outcome=Outcome.FAILED), message="[Ask] expected 200", details="trace")
    body = body_of(failed, end=end)
    assert body["failure"] == {
        "message": "[Ask] expected 200",
        "exception_type": "AssertionError",
        "step": "Ask",
        "check": "status equals",
    }
    assert body["failure_message"] == "[Ask] expected 200\ntrace"


def test_the_class_of_an_exception_is_that_of_the_traceback() -> None:
    def kind(message: str, details: str | None) -> Any:
        end = replace(finished(TEST, Outcome.FAILED), message=message, details=details)
        return body_of(scenario=TEST, end=end)["failure"]["exception_type"]

    trace = (
        "    def test_quality():\n>       int('x')\nE   ValueError: x\n\ntest_chat.py:3: ValueError"
    )
    assert kind("ValueError: invalid literal", trace) == "ValueError"
    assert kind("httpx.ReadTimeout: timed out", None) == "httpx.ReadTimeout"
    assert kind("assert 1 == 2", None) == "AssertionError"


def test_a_skipped_scenario_has_a_reason_and_no_failure() -> None:
    body = body_of(end=replace(finished(outcome=Outcome.SKIPPED), message="not today"))
    assert body["reason"] == "not today"
    assert "failure" not in body


def test_what_was_executed_again_tells_of_the_last_execution() -> None:
    def step(name: str) -> StepFinished:
        return StepFinished(
            scenario=CHAT, step=0, name=name, outcome=Outcome.PASSED, elapsed_ms=1.0
        )

    again = ExecutionFinished(scenario=CHAT, number=1, outcome=Outcome.FAILED, elapsed_ms=2.0)
    end = replace(finished(), flaky=True)
    body = body_of(step("first"), metric("score", 0.5), again, step("second"), end=end)
    assert [one["name"] for one in body["steps"]] == ["second"]
    assert (body["executions"], body["flaky"]) == (2, True)
    assert body["score"] == 0.5


def test_data_of_a_test_and_of_the_session_are_fields() -> None:
    body = body_of(
        data(None, test_suite="ai-agent-integration", environment="local", token_count=1),
        data(relevancy_score=0.8, token_count=42, verdict={"by": "judge"}),
    )
    assert body["test_suite"] == "ai-agent-integration"
    assert body["environment"] == "local"
    assert body["relevancy_score"] == 0.8
    assert body["token_count"] == 42
    assert body["verdict"] == {"by": "judge"}


def test_what_a_tests_fixtures_say_of_the_session_is_in_scenarios_that_ended_before() -> None:
    plan = started([planned(CHAT), planned(TEST), planned("s/test_chat.py::test_more")])
    made = documents_of(
        [
            plan,
            data(None, suite="first"),
            metric("score", 0.5),
            finished(),
            data(None, suite="x", score=1.0, environment="local", run="mine"),
            finished(TEST),
            data(None, suite="later"),
            finished("s/test_chat.py::test_more"),
        ]
    )
    first, again, test, more, _ = made
    assert (first.id, first.version) == (again.id, again.version)
    assert first.body["suite"] == "first"
    assert again.body["suite"] == "x"
    assert again.body["environment"] == "local"
    assert again.body["score"] == 0.5
    assert (again.body["run"], again.body["unindexed"]) == ("a-run", {"run": "mine"})
    assert (test.body["suite"], more.body["suite"]) == ("x", "later")


def test_documents_of_a_run_without_python_tests_are_given_once() -> None:
    made = documents_of([started([planned(CHAT)]), finished(), data(None, suite="x")])
    assert [one.body["kind"] for one in made] == ["test", "run"]


def test_the_sessions_data_is_in_the_runs_document_too() -> None:
    bodies = bodies_of([started([]), data(None, suite="x"), RunFinished(exit_code=5, elapsed_ms=1)])
    assert [body["suite"] for body in bodies] == ["x"]


def test_data_cannot_change_what_happened() -> None:
    body = body_of(data(outcome="passed", run="mine", **{"@timestamp": "now", "": 1}))
    assert (body["outcome"], body["run"]) == ("passed", "a-run")
    assert body["@timestamp"] == "2026-01-02T03:04:08.000Z"
    assert body["unindexed"] == {
        "outcome": "passed",
        "run": "mine",
        "@timestamp": "now",
        "unnamed": "1",
    }


def test_what_is_no_number_reaches_no_field_of_numbers() -> None:
    body = body_of(
        data(faithfulness_score="high", my_score=None, wait_ms=True, size_count=[1, "2"]),
        DataRecorded(scenario=CHAT, data='{"huge_score": 1e39}'),
    )
    assert body["unindexed"] == {
        "faithfulness_score": "high",
        "my_score": "null",
        "wait_ms": "true",
        "size_count": '[1, "2"]',
        "huge_score": "1e+39",
    }


def test_the_number_of_fields_is_bounded() -> None:
    body = body_of(data(**{f"field{number}": number for number in range(5_000)}))
    assert len([name for name in body if name.startswith("field")]) == 100
    assert len(body["unindexed"]) == 50


def test_deep_data_is_kept_as_text() -> None:
    body = body_of(data(a={"b": {"c": {"d": {"e": 1}}}, "f": 2}))
    assert body["a"] == {"b": {"c": {}}, "f": 2}
    assert body["unindexed"] == {"a": '{"a.b.c.d": {"e": 1}}'}


def test_a_document_again_has_the_same_id_and_the_version_of_its_attempt() -> None:
    first = documents_of(every_outcome(), attempt=1)
    again = documents_of(every_outcome(), attempt=2)
    other = documents_of(every_outcome(), run="another")
    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in [*first, *other]}) == 2 * len(first)
    assert {one.version for one in first} == {1}
    assert {one.version for one in again} == {2}


def test_the_runs_document_counts_what_came_of_the_plan() -> None:
    plan = [planned(CHAT), planned(TEST), planned("s/never.yaml")]
    body = bodies_of(
        [
            started(plan),
            replace(finished(), flaky=True),
            finished(TEST, Outcome.FAILED),
            LimitChecked(name="p95_ms", limit=1.0, actual=2.0, outcome=Outcome.FAILED),
            TroubleFound(reason="Evicted", where="pod/a", message="no disk"),
            RunFinished(exit_code=1, elapsed_ms=2500.0, message="said"),
        ]
    )[-1]
    assert body["kind"] == "run"
    assert "outcome" not in body
    assert (body["run_outcome"], body["exit_code"], body["message"]) == ("failed", 1, "said")
    assert (body["planned"], body["missing"]) == (3, ["s/never.yaml"])
    assert body["counts"] == {
        "passed": 1,
        "failed": 1,
        "error": 0,
        "skipped": 0,
        "interrupted": 0,
        "not_run": 1,
        "flaky": 1,
    }
    assert body["stats"] == {"passed": 1, "failure": 1, "skipped": 0, "error": 0}
    assert body["summery"] is True
    assert body["duration_seconds"] == 2.5
    assert body["limits"][0]["name"] == "p95_ms"
    assert body["troubles"][0]["reason"] == "Evicted"


def test_a_run_that_was_killed_has_a_document() -> None:
    body = bodies_of([started([planned(CHAT), planned(TEST)]), finished()])[-1]
    assert (body["run_outcome"], body["exit_code"]) == ("error", 3)
    assert body["message"] == "the run was killed: it has no end"
    assert body["missing"] == [TEST]


def test_a_merged_run_has_a_document_of_its_own_and_one_of_each_shard() -> None:
    plan = [planned(CHAT), planned(TEST)]
    whole = records([started(plan)])
    parts = [
        replace(record, shard=shard)
        for shard, one in enumerate(plan, start=1)
        for record in records(
            [started([one]), finished(one.id), RunFinished(exit_code=0, elapsed_ms=1.0)]
        )
    ]
    end = records([RunFinished(exit_code=0, elapsed_ms=9.0)])
    documents = Documents()
    made = [one for record in [*whole, *parts, *end] for one in documents.receive(record)]
    runs = [one.body for one in made if one.body["kind"] == "run"]
    assert [(body["shard"], body["counts"]["passed"]) for body in runs] == [(1, 1), (2, 1), (0, 2)]
    assert len({one.id for one in made}) == 5


def test_what_has_ended_is_forgotten() -> None:
    documents = Documents()
    for record in records(every_outcome()):
        list(documents.receive(record))
    assert documents.open == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(events(), max_size=8))
def test_no_records_break_it(what: list[Event]) -> None:
    for one in documents_of(what):
        assert len(one.id) == 40
        assert one.body["kind"] in {"test", "run"}
