"""The index template, on a real OpenSearch and Elasticsearch: what it takes, and what is found by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentrig.events import DataRecorded, Outcome
from agentrig.search import Document, index_template
from tests.search.test_documents import CHAT, body_of, data, documents_of, finished, metric
from tests.support.records import every_outcome, planned, started
from tests.support.search_server import new_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.search_server import SearchServer


class Index:
    """An index made by the template."""

    def __init__(self, server: SearchServer, name: str) -> None:
        self.server = server
        self.name = name

    def refused(self, documents: Sequence[Document]) -> list[str]:
        """Send documents as one bulk; give why any was refused."""
        items = []
        for number, one in enumerate(documents):
            body = json.loads(msgspec.json.encode(one.body))
            answer = self.server.ask("PUT", f"/{self.name}/_doc/{one.id}-{number}", body)
            items += [json.dumps(answer["error"])] if "error" in answer else []
        return items

    def put(self, *bodies: dict[str, Any]) -> None:
        documents = [Document(str(number), 0, body) for number, body in enumerate(bodies)]
        assert self.refused(documents) == []
        self.server.ask("POST", f"/{self.name}/_refresh")

    def count(self, query: str) -> int:
        found = self.server.ask("GET", f"/{self.name}/_count?q={query}")
        return int(found["count"])

    def field(self, name: str) -> str:
        found = self.server.ask("GET", f"/{self.name}/_mapping/field/{name}")
        mapping = found[self.name]["mappings"][name]["mapping"]
        return str(next(iter(mapping.values()))["type"])


@pytest.fixture(
    scope="session",
    params=["search_server", "elasticsearch_server"],
    ids=["opensearch", "elasticsearch"],
)
def product(request: pytest.FixtureRequest) -> SearchServer:
    """Give a server of each product."""
    server: SearchServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def index(product: SearchServer) -> Iterator[Index]:
    search_index = new_index()
    made = product.ask("PUT", f"/_index_template/{search_index}", index_template(search_index))
    assert made == {"acknowledged": True}
    yield Index(product, search_index)
    product.ask("DELETE", f"/{search_index}")


def test_every_field_of_the_guide_has_its_type(index: Index) -> None:
    index.put(body_of())
    assert {
        name: index.field(name)
        for name in (
            *("@timestamp", "test_id", "outcome", "duration_seconds", "faithfulness_score"),
            *("relevancy_score", "response_latency_ms"),
            *("failure.message", "failure.exception_type"),
        )
    } == {
        "@timestamp": "date",
        "test_id": "keyword",
        "outcome": "keyword",
        "duration_seconds": "float",
        "faithfulness_score": "float",
        "relevancy_score": "float",
        "response_latency_ms": "float",
        "failure.message": "text",
        "failure.exception_type": "keyword",
    }


def test_documents_of_every_outcome_are_taken(index: Index) -> None:
    documents = documents_of(every_outcome())
    assert index.refused(documents) == []
    index.server.ask("POST", f"/{index.name}/_refresh")
    assert index.count("kind:test") == 7
    assert index.count("outcome:failed") == 2


def test_searches_with_the_word_of_pytest_elk_reporter_find_what_failed(index: Index) -> None:
    index.put(body_of(end=finished(outcome=Outcome.FAILED)), body_of())
    assert index.count("outcome:failure") == 1
    assert index.count("outcome.keyword:failure") == 1
    assert index.count("outcome:failed") == 1


def test_an_integer_that_comes_first_makes_no_field_of_integers(index: Index) -> None:
    index.put(body_of(data(quality=1)), body_of(data(quality=0.5)))
    search = {"size": 0, "aggs": {"mean": {"avg": {"field": "quality"}}}}
    found = index.server.ask("POST", f"/{index.name}/_search", search)
    assert found["aggregations"]["mean"]["value"] == 0.75


def test_a_value_of_another_type_than_before_refuses_no_document(index: Index) -> None:
    index.put(
        body_of(data(size=1, when="2026-01-01", flag=True)),
        body_of(data(size="large", when="not a date", flag=1)),
        body_of(metric("size", 4.0)),
    )
    assert index.field("when") == "text"


def test_a_refused_document_goes_through_without_fields_of_users(index: Index) -> None:
    index.put(body_of(data(context={"a": 1}, faithfulness_score=0.5)))
    refused = Document("x", 0, body_of(data(context="text", faithfulness_score=0.75)))
    assert "context" in index.refused([refused])[0]
    assert index.refused([refused.plain()]) == []
    kept = refused.plain().body
    assert kept["faithfulness_score"] == 0.75
    assert json.loads(kept["unindexed"]["refused"]) == {"context": "text", "labels": {}}


def test_metrics_are_found_by_their_names_however_many_there_are(index: Index) -> None:
    index.put(body_of(metric("a.b", 1.0), metric("a", 2.0), metric("outcome", 3.0)))
    of_outcome = {"bool": {"must": [{"term": {"metrics.name": "outcome"}}]}}
    search = {
        "size": 0,
        "aggs": {
            "metrics": {
                "nested": {"path": "metrics"},
                "aggs": {
                    "one": {
                        "filter": of_outcome,
                        "aggs": {"mean": {"avg": {"field": "metrics.value"}}},
                    }
                },
            }
        },
    }
    found = index.server.ask("POST", f"/{index.name}/_search", search)
    assert found["aggregations"]["metrics"]["one"]["mean"]["value"] == 3.0


def test_labels_are_found_whatever_they_are_called(index: Index) -> None:
    labels = (("team", "blue"), ("team.name", "green"), ("_id", "x"), ("size", "5"))
    plan = msgspec.structs.replace(started([planned(CHAT)]), labels=labels)
    [document, _] = documents_of([plan, finished()])
    index.put(json.loads(msgspec.json.encode(document.body)))
    assert index.count("labels.team:blue") == 1
    assert index.count("labels.team_name:green") == 1
    assert index.field("labels.size") == "keyword"


def test_a_data_stream_takes_them_too(search_server: SearchServer, search_index: str) -> None:
    template = index_template(search_index, data_stream=True)
    search_server.ask("PUT", f"/_index_template/{search_index}", template)
    made = search_server.ask("POST", f"/{search_index}/_doc", body_of())
    assert made["result"] == "created"
    assert search_server.ask("GET", f"/_data_stream/{search_index}")["data_streams"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.text(max_size=8) | st.sampled_from(
    ["outcome", "a.b", "_id", ".", "..", "x_score", "environment", "metrics", "labels", "steps"]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_no_data_of_users_refuses_a_document(index: Index, values: dict[str, Any]) -> None:
    """Where it comes first; what it is after others were there, `plain` sees to."""
    text = json.dumps(values, default=str).encode("utf-8", "replace").decode()
    [document, _] = documents_of(
        [started([planned(CHAT)]), DataRecorded(scenario=CHAT, data=text), finished()]
    )
    if index.refused([document]):
        assert index.refused([document.plain()]) == []
        index.server.ask("DELETE", f"/{index.name}")
        assert index.refused([document]) == []
