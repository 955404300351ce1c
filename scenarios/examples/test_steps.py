"""Steps of every kind from Python: `steps.KIND(...)` takes the keys that it has in a file.

A check that fails fails the test; a target that cannot be reached is an infrastructure error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentrig.pytest_plugin.fixtures import RecordMetric, Steps


@pytest.fixture
def playground(steps: Steps) -> Steps:
    return steps.for_agent("playground", proxy_port=4010)


def test_what_came_can_be_used_in_python(playground: Steps) -> None:
    catalog = playground.http(path="/catalog", expect={"status": 200})
    prices = [product["price"] for product in catalog.data["products"]]
    assert min(prices) > 0
    assert catalog.headers["content-type"].startswith("application/json")


def test_what_is_captured_can_be_read_by_later_steps(playground: Steps) -> None:
    made = playground.http(
        name="Make",
        method="POST",
        path="/items",
        body={"kind": "note"},
        expect={"status": 201},
        capture={"note": {"jq": ".id"}},
    )
    assert made.captures["note"] == playground.captures["note"]
    playground.http(name="Find", path="/items/${note}", expect={"jq": ".kind", "equals": "note"})


@pytest.mark.parametrize("n", [1, 2])
def test_a_job_is_done_in_the_end(playground: Steps, n: int) -> None:
    job = playground.http(method="POST", path="/jobs", body={"polls": n}).data["id"]
    done = playground.http(
        path=f"/jobs/{job}",
        eventually={"within": "10s", "every": "20ms"},
        expect={"checks": [{"jq": ".state", "equals": "done"}]},
    )
    assert done.attempts == n + 1


def test_a_model_answers_fast_enough(playground: Steps, record_metric: RecordMetric) -> None:
    # A kind's own keys stand beside those of any step.
    answer = playground.chat(
        model="playground-small",
        prompt="say good morning",
        expect={"content": {"contains": "morning"}},
    )
    # Shown in the results, e.g. in summary.json.
    record_metric("answer_ms", answer.elapsed_ms, "ms")
    record_metric("completion_tokens", answer.data["usage"]["completion_tokens"])


def test_events_and_pauses(playground: Steps) -> None:
    events = playground.stream(path="/events?count=3&event=tick", expect={"exact": ["tick"] * 3})
    assert [event["data"]["n"] for event in events.data["events"]] == [1, 2, 3]
    playground.wait("1ms")


def test_what_must_fail(playground: Steps) -> None:
    with pytest.raises(AssertionError, match="expected status 200, got 404"):
        playground.http(path="/items/no-such", expect={"status": 200})
