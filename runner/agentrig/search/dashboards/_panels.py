"""The panels of the dashboard: what each asks for. How they are drawn is `_saved_objects.py`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PANELS", "Aggregation", "Chart", "Listing"]

TESTS = "kind:test"
FAILURES = "kind:test AND outcome:(failed OR error)"


class Aggregation(Struct, frozen=True):
    """One aggregation, whose `type` and `params` are those that both products have for it.

    `schema` is its part in the drawing: a `metric`, or a kind of bucket.
    """

    type: str
    schema: Literal["metric", "segment", "bucket", "group"]
    params: Mapping[str, Any] = field(default_factory=dict)


class Chart(Struct, frozen=True, kw_only=True):
    """Aggregations over the documents that `query` finds; the buckets stand within each other."""

    name: str
    title: str
    description: str
    shape: Literal["pie", "line", "area", "table"]
    query: str
    aggregations: tuple[Aggregation, ...]
    axis: str = ""
    size: tuple[int, int]


class Listing(Struct, frozen=True, kw_only=True):
    """Documents that `query` finds, the newest first."""

    name: str
    title: str
    description: str
    query: str
    columns: tuple[str, ...]
    size: tuple[int, int]


def _metric(type_: str, field_name: str | None = None, label: str = "", **more: Any) -> Aggregation:
    params: dict[str, Any] = {"field": field_name} if field_name else {}
    params |= {"customLabel": label} if label else {}
    return Aggregation(type_, "metric", params | more)


def _over_time(schema: Literal["segment", "bucket"] = "segment") -> Aggregation:
    return Aggregation(
        "date_histogram",
        schema,
        {
            "field": "@timestamp",
            "interval": "auto",
            "useNormalizedEsInterval": True,
            "scaleMetricValues": False,
            "drop_partials": False,
            "min_doc_count": 1,
            "extended_bounds": {},
        },
    )


def _terms(
    field_name: str,
    schema: Literal["segment", "bucket", "group"],
    *,
    size: int,
    by: int = 1,
    label: str = "",
) -> Aggregation:
    """Group by a field; the groups with most come first, of the metric that is the `by`th."""
    params: dict[str, Any] = {
        "field": field_name,
        "orderBy": str(by),
        "order": "desc",
        "size": size,
        "otherBucket": False,
        "otherBucketLabel": "Other",
        "missingBucket": False,
        "missingBucketLabel": "Missing",
    }
    return Aggregation("terms", schema, params | ({"customLabel": label} if label else {}))


PANELS: tuple[Chart | Listing, ...] = (
    Chart(
        name="outcomes",
        title="Outcomes",
        description="How many tests ended how.",
        shape="pie",
        query=TESTS,
        aggregations=(_metric("count"), _terms("outcome", "segment", size=10)),
        size=(16, 13),
    ),
    Chart(
        name="pass-rate",
        title="Pass rate",
        description="Passed tests of all that passed or failed, over time.",
        shape="line",
        query=TESTS,
        aggregations=(_metric("avg", "passed", "Pass rate"), _over_time()),
        axis="Pass rate",
        size=(32, 13),
    ),
    Chart(
        name="scores",
        title="Scores",
        description="Means of faithfulness and relevancy, over time.",
        shape="line",
        query=TESTS,
        aggregations=(
            _metric("avg", "faithfulness_score", "Faithfulness"),
            _metric("avg", "relevancy_score", "Relevancy"),
            _over_time(),
        ),
        axis="Score",
        size=(24, 14),
    ),
    Chart(
        name="latency",
        title="Latency percentiles",
        description="How long answers took, over time: half of them, 95 % and 99 % at most so long.",
        shape="line",
        query=TESTS,
        aggregations=(
            _metric("percentiles", "response_latency_ms", "Latency", percents=[50, 95, 99]),
            _over_time(),
        ),
        axis="Milliseconds",
        size=(24, 14),
    ),
    Listing(
        name="failures",
        title="Failed tests",
        description="Tests that failed, or had no verdict because infrastructure broke.",
        query=FAILURES,
        columns=(
            "test_id",
            "outcome",
            "failure.exception_type",
            "failure.message",
            "agent",
            "environment",
            "commit",
            "run",
        ),
        size=(48, 16),
    ),
    Chart(
        name="slowest",
        title="Slowest tests",
        description="Tests whose mean duration is the longest.",
        shape="table",
        query=TESTS,
        aggregations=(
            _metric("avg", "duration_seconds", "Mean seconds"),
            _metric("max", "duration_seconds", "Most seconds"),
            _metric("count", None, "Executions"),
            _terms("test_id", "bucket", size=10, by=1, label="Test"),
        ),
        size=(24, 14),
    ),
    Chart(
        name="flaky",
        title="Flaky tests",
        description="Tests that passed only when they were executed again, and how often.",
        shape="table",
        query="kind:test AND flaky:true",
        aggregations=(
            _metric("count", None, "Times flaky"),
            _metric("max", "@timestamp", "Last time"),
            _terms("test_id", "bucket", size=10, by=1, label="Test"),
        ),
        size=(24, 14),
    ),
)
"""All panels, in their order on the dashboard; `size` is in its grid, which is 48 wide."""
