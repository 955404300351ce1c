"""Every panel asks a real OpenSearch about known results, and gets the known answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from agentrig.events import MetricRecorded, Outcome, RunFinished, ScenarioFinished, ScenarioStarted
from agentrig.search import Documents, index_template
from agentrig.search.dashboards import saved_objects
from tests.support.kibana import aggregated, columns_of, request_of
from tests.support.records import planned, records, started

if TYPE_CHECKING:
    from agentrig.search import Document
    from tests.support.search_server import SearchServer

FAST, SLOW, BAD, BROKEN, LATER = (
    f"s/{name}.yaml" for name in ["fast", "slow", "bad", "broken", "later"]
)
DAYS = ("2026-03-01", "2026-03-02")


def results_of(day: str, *, bad_passes: bool) -> list[Document]:
    """Make the documents of a run of five scenarios."""
    plan = [planned(name) for name in (FAST, SLOW, BAD, BROKEN, LATER)]
    bad = Outcome.PASSED if bad_passes else Outcome.FAILED
    score = 0.9 if bad_passes else 0.5

    def end(name: str, outcome: Outcome, seconds: float, **more: Any) -> ScenarioFinished:
        return ScenarioFinished(scenario=name, outcome=outcome, elapsed_ms=seconds * 1000, **more)

    def metric(name: str, value: float) -> MetricRecorded:
        return MetricRecorded(scenario=FAST, name=name, value=value)

    events = [
        started(plan),
        ScenarioStarted(scenario=FAST),
        metric("faithfulness_score", score),
        metric("relevancy_score", 1.0),
        *(metric("response_latency_ms", float(value)) for value in range(1, 101)),
        end(FAST, Outcome.PASSED, 1.0, flaky=bad_passes),
        end(SLOW, Outcome.PASSED, 20.0 if bad_passes else 10.0),
        end(BAD, bad, 2.0, message=None if bad_passes else "expected status 200, got 500"),
        end(BROKEN, Outcome.ERROR, 0.5, message="cannot reach 'proxy'"),
        end(LATER, Outcome.SKIPPED, 0.0, message="not today"),
        RunFinished(exit_code=1, elapsed_ms=33_500.0),
    ]
    documents = Documents()
    made: list[Document] = []
    for number, record in enumerate(records(events, run=f"run-{day}")):
        made += documents.receive(replace(record, time=f"{day}T10:00:00.{number:03}Z"))
    return made


@pytest.fixture
def results(search_server: SearchServer, search_index: str) -> str:
    """Give the name of an index with the results of two days."""
    search_server.ask("PUT", f"/_index_template/{search_index}", index_template(f"{search_index}*"))
    for day, bad_passes in zip(DAYS, (False, True), strict=True):
        bodies = [
            {"_id": one.id, **json.loads(msgspec.json.encode(one.body))}
            for one in results_of(day, bad_passes=bad_passes)
        ]
        search_server.bulk(f"{search_index}-{day}", *bodies)
    return search_index


class Panels:
    def __init__(self, server: SearchServer, index: str) -> None:
        self._server = server
        objects = saved_objects(index)
        self._pattern = objects[0]["attributes"]["title"]
        self._by_name = {one["id"]: one for one in objects}
        self._stem = objects[0]["id"].removesuffix("-results")

    def object(self, name: str) -> dict[str, Any]:
        return self._by_name[f"{self._stem}-{name}"]

    def ask(self, name: str, *, until: str = "2026-03-03") -> Any:
        request = request_of(self.object(name), since=DAYS[0], until=until, interval="1d")
        answer = self._server.ask(
            "POST", f"/{self._pattern}/_search?ignore_unavailable=true", request
        )
        assert "error" not in answer, answer
        return answer


@pytest.fixture
def panels(search_server: SearchServer, results: str) -> Panels:
    return Panels(search_server, results)


def test_outcomes(panels: Panels) -> None:
    found = {one["key"]: one["doc_count"] for one in aggregated(panels.ask("outcomes"), 2)}
    assert found == {"passed": 5, "error": 2, "skipped": 2, "failed": 1}


def test_outcomes_are_those_of_the_time_that_is_chosen(panels: Panels) -> None:
    answer = panels.ask("outcomes", until="2026-03-01T23:59:59Z")
    found = {one["key"]: one["doc_count"] for one in aggregated(answer, 2)}
    assert found == {"passed": 2, "error": 1, "skipped": 1, "failed": 1}


def test_the_pass_rate_is_that_of_verdicts(panels: Panels) -> None:
    days = aggregated(panels.ask("pass-rate"), 2)
    assert [round(day["1"]["value"], 3) for day in days] == [0.667, 1.0]


def test_scores_are_the_means_of_each_day(panels: Panels) -> None:
    days = aggregated(panels.ask("scores"), 3)
    found = [(round(day["1"]["value"], 3), day["2"]["value"]) for day in days]
    assert found == [(0.5, 1.0), (0.9, 1.0)]


def test_latencies_are_the_percentiles_of_each_day(panels: Panels) -> None:
    [day, _] = aggregated(panels.ask("latency"), 2)
    found = day["1"]["values"]
    assert found["50.0"] == pytest.approx(50.5, abs=1)
    assert found["95.0"] == pytest.approx(95.5, abs=1)
    assert found["99.0"] == pytest.approx(99.5, abs=1)


def test_failed_tests_are_listed_with_their_messages_the_newest_first(panels: Panels) -> None:
    hits = panels.ask("failures")["hits"]["hits"]
    rows = [columns_of(panels.object("failures"), hit) for hit in hits]
    assert [(row["run"], row["test_id"]) for row in rows] == [
        ("run-2026-03-02", BROKEN),
        ("run-2026-03-01", BROKEN),
        ("run-2026-03-01", BAD),
    ]
    assert rows[-1]["failure.message"] == "expected status 200, got 500"
    assert rows[-1]["failure.exception_type"] == "AssertionError"
    assert rows[0]["failure.exception_type"] == "InfraError"


def test_the_slowest_tests_come_first(panels: Panels) -> None:
    rows = [
        (one["key"], one["1"]["value"], one["2"]["value"], one["doc_count"])
        for one in aggregated(panels.ask("slowest"), 4)
    ]
    assert rows == [
        (SLOW, 15.0, 20.0, 2),
        (BAD, 2.0, 2.0, 2),
        (FAST, 1.0, 1.0, 2),
        (BROKEN, 0.5, 0.5, 2),
        (LATER, 0.0, 0.0, 2),
    ]


def test_flaky_tests_have_their_number_and_the_last_time(panels: Panels) -> None:
    [row] = aggregated(panels.ask("flaky"), 3)
    assert (row["key"], row["doc_count"]) == (FAST, 1)
    assert row["2"]["value_as_string"].startswith("2026-03-02")


def test_every_panel_is_asked_here() -> None:
    kinds = {"visualization", "search"}
    names = {
        one["id"].removeprefix("agentrig-")
        for one in saved_objects("agentrig")
        if one["type"] in kinds
    }
    assert names == {"outcomes", "pass-rate", "scores", "latency", "failures", "slowest", "flaky"}


def test_every_field_of_a_panel_is_one_of_the_template() -> None:
    mappings = index_template("x")["template"]["mappings"]["properties"]
    for one in saved_objects("agentrig"):
        for aggregation in json.loads(one["attributes"].get("visState", '{"aggs": []}'))["aggs"]:
            field = aggregation["params"].get("field")
            assert field is None or field in mappings
        for column in one["attributes"].get("columns", ()):
            assert column.partition(".")[0] in mappings


@pytest.mark.parametrize("name", ["{}-2026.11.21", "{}"])
def test_results_of_dated_indices_and_of_one_index_are_shown_and_of_others_not(
    search_server: SearchServer, search_index: str, name: str
) -> None:
    search_server.ask("PUT", f"/_index_template/{search_index}", index_template(f"{search_index}*"))
    [document] = [one for one in results_of(DAYS[0], bad_passes=True) if one.body["kind"] == "run"]
    body = json.loads(msgspec.json.encode(document.body)) | {"kind": "test", "outcome": "passed"}
    search_server.bulk(name.format(search_index), body)
    search_server.bulk(f"{search_index}-other-2026.11.21", body)
    answer = Panels(search_server, search_index).ask("outcomes")
    assert [one["doc_count"] for one in aggregated(answer, 2)] == [1]
