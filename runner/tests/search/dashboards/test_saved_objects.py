"""The objects themselves: whole, and of shapes that both products know."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest

from agentrig.search.dashboards import saved_objects, write_ndjson
from tests.support.dashboards_api import DashboardsApi

OBJECTS = saved_objects("agentrig")
CHARTS = [one for one in OBJECTS if one["type"] == "visualization"]


def state_of(chart: dict[str, Any]) -> Any:
    return json.loads(chart["attributes"]["visState"])


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_both_products_know_its_version_and_attributes(one: dict[str, Any]) -> None:
    assert DashboardsApi("opensearch").problem_of(one) is None


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_what_it_refers_to_comes_before_it(one: dict[str, Any]) -> None:
    before = OBJECTS[: OBJECTS.index(one)]
    known = {(each["type"], each["id"]) for each in before}
    assert {(each["type"], each["id"]) for each in one["references"]} <= known
    named = json.dumps(one["attributes"])
    assert all(each["name"] in named for each in one["references"])


@pytest.mark.parametrize("chart", CHARTS, ids=lambda one: one["id"])
def test_a_chart_orders_by_a_metric_that_it_has(chart: dict[str, Any]) -> None:
    aggregations = state_of(chart)["aggs"]
    assert [one["id"] for one in aggregations] == [str(n + 1) for n in range(len(aggregations))]
    metrics = {one["id"] for one in aggregations if one["schema"] == "metric"}
    assert metrics
    by = {one["params"]["orderBy"] for one in aggregations if one["type"] == "terms"}
    assert by <= metrics
    series = state_of(chart)["params"].get("seriesParams", [])
    assert {one["data"]["id"] for one in series} in (set(), metrics)


def test_the_panels_of_the_dashboard_are_all_there_and_lie_beside_each_other() -> None:
    dashboard = OBJECTS[-1]
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    assert [one["panelRefName"] for one in panels] == [
        one["name"] for one in dashboard["references"]
    ]
    cells = [
        {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        for at in (one["gridData"] for one in panels)
    ]
    assert all(not one & other for one, other in combinations(cells, 2))
    assert all(x < 48 for cell in cells for x, _ in cell)


def test_objects_of_two_indices_are_others_and_of_one_the_same() -> None:
    def ids(index: str) -> set[str]:
        return {one["id"] for one in saved_objects(index)}

    assert ids("agentrig") == ids("agentrig")
    assert not ids("agentrig") & ids("agentrig-nightly")
    assert not ids("agentrig-nightly") & ids("test_data")
    assert saved_objects("test_data")[0]["attributes"]["title"] == "test_data-20*,test_data"


def test_each_line_is_an_object() -> None:
    lines = write_ndjson(OBJECTS).decode().splitlines()
    assert [json.loads(line) for line in lines] == OBJECTS
