"""What Kibana and OpenSearch Dashboards make of saved objects: the request of a panel."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["aggregated", "columns_of", "request_of"]

# What is for the drawing, and not for the server.
_DRAWN = {
    *("customLabel", "otherBucket", "otherBucketLabel", "missingBucket", "missingBucketLabel"),
    *("useNormalizedEsInterval", "scaleMetricValues", "drop_partials", "orderBy"),
}


def request_of(panel: dict[str, Any], *, since: str, until: str, interval: str) -> dict[str, Any]:
    """Give the body of the search that shows a visualization, or a saved search, of a time."""
    source = json.loads(panel["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    assert source["query"]["language"] == "lucene"
    query = {
        "bool": {
            "filter": [
                {"query_string": {"query": source["query"]["query"], "analyze_wildcard": True}},
                {"range": {"@timestamp": {"gte": since, "lte": until}}},
            ]
        }
    }
    if panel["type"] == "search":
        sort = [{field: {"order": order}} for field, order in panel["attributes"]["sort"]]
        return {"size": 500, "query": query, "sort": sort}
    state = json.loads(panel["attributes"]["visState"])
    metrics = [one for one in state["aggs"] if one["schema"] == "metric"]
    buckets = [one for one in state["aggs"] if one["schema"] != "metric"]
    # A count is that of each bucket.
    inner = {one["id"]: _aggregation(one, {}) for one in metrics if one["type"] != "count"}
    counts = {one["id"] for one in metrics if one["type"] == "count"}
    for one in reversed(buckets):
        made = _aggregation(one, {"interval": interval, "counts": counts})
        inner = {one["id"]: made | ({"aggs": inner} if inner else {})}
    return {"size": 0, "query": query, "aggs": inner}


def _aggregation(one: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    params = {name: value for name, value in one["params"].items() if name not in _DRAWN}
    if one["type"] == "date_histogram":
        assert params.pop("interval") == "auto"
        params.pop("extended_bounds")
        params["fixed_interval"] = known["interval"]
    if one["type"] == "terms":
        by = one["params"]["orderBy"]
        params["order"] = {"_count" if by in known["counts"] else by: params["order"]}
    return {one["type"]: params}


def columns_of(panel: dict[str, Any], hit: dict[str, Any]) -> dict[str, Any]:
    """Give the columns of a saved search for one document."""

    def find(body: Any, path: str) -> Any:
        for part in path.split("."):
            body = body.get(part) if isinstance(body, dict) else None
        return body

    return {name: find(hit["_source"], name) for name in panel["attributes"]["columns"]}


def aggregated(answer: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Give the buckets of the aggregation `number` of a panel."""
    found: list[dict[str, Any]] = answer["aggregations"][str(number)]["buckets"]
    return found
