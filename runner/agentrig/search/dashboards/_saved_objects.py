"""Panels as saved objects, which Kibana 8/9 and OpenSearch Dashboards 2/3 both import.

They have the shape of Kibana 7.10, from which OpenSearch Dashboards was made: later versions of
either bring them to their own by the versions that each object names.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentrig.search.dashboards._panels import PANELS, Chart, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.search.dashboards._panels import Aggregation

__all__ = ["saved_objects", "write_ndjson"]

# The last change of each type's shape in Kibana 7.10 and in OpenSearch Dashboards; what names a
# later one is refused by the latter.
_VERSIONS = {
    "dashboard": "7.9.3",
    "index-pattern": "7.6.0",
    "search": "7.9.3",
    "visualization": "7.10.0",
}
_PANEL_VERSION = "7.10.0"
_WIDTH = 48

_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
_COLOURS = {
    "passed": "#2f8f5b",
    "failed": "#c53d4d",
    "error": "#d9822b",
    "skipped": "#8a94a6",
    "interrupted": "#6f5bb5",
    "not_run": "#b8bfca",
}
_FORMATS = {
    "passed": {"id": "percent", "params": {"pattern": "0.[0]%"}},
    "duration_seconds": {"id": "number", "params": {"pattern": "0,0.[000]"}},
    "response_latency_ms": {"id": "number", "params": {"pattern": "0,0.[0]"}},
}


def saved_objects(index: str) -> list[dict[str, Any]]:
    """Give all objects for the results in `index` (a name without its date), what they need first.

    Their ids follow from `index`: installed again, they replace themselves and nothing else.
    """
    stem = "-".join(("agentrig", *_words(index)))
    pattern = _index_pattern(index, stem)
    panels = [_panel(one, stem, pattern["id"]) for one in PANELS]
    return [pattern, *panels, _dashboard(index, stem, panels)]


def write_ndjson(objects: list[dict[str, Any]]) -> bytes:
    """Write objects as the products' import reads them: one a line."""
    return b"".join(_json(one).encode() + b"\n" for one in objects)


def _words(index: str) -> list[str]:
    """Give what tells an index of other names from the default one."""
    words = [word for word in re.split(r"[^a-z0-9_]+", index.lower()) if word]
    return words[1:] if words[:1] == ["agentrig"] else words


def _object(
    type_: str, id_: str, attributes: dict[str, Any], references: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "type": type_,
        "id": id_,
        "attributes": attributes,
        "references": references,
        "migrationVersion": {type_: _VERSIONS[type_]},
    }


def _index_pattern(index: str, stem: str) -> dict[str, Any]:
    attributes = {
        # Dated indices, or the one of just that name, or a data stream; and none of `INDEX-other`.
        "title": f"{index}-20*,{index}",
        "timeFieldName": "@timestamp",
        "fieldFormatMap": _json(_FORMATS),
    }
    return _object("index-pattern", f"{stem}-results", attributes, [])


def _panel(panel: Chart | Listing, stem: str, pattern: str) -> dict[str, Any]:
    source = {
        "query": {"query": panel.query, "language": "lucene"},
        "filter": [],
        "indexRefName": _INDEX,
    }
    attributes: dict[str, Any] = {
        "title": f"[agentrig] {panel.title}",
        "description": panel.description,
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _json(source)},
    }
    references = [{"name": _INDEX, "type": "index-pattern", "id": pattern}]
    id_ = f"{stem}-{panel.name}"
    if isinstance(panel, Listing):
        attributes |= {
            "hits": 0,
            "columns": list(panel.columns),
            "sort": [["@timestamp", "desc"]],
        }
        return _object("search", id_, attributes, references)
    attributes["visState"] = _json(_vis_state(panel))
    attributes["uiStateJSON"] = _json({"vis": {"colors": _COLOURS}} if panel.shape == "pie" else {})
    return _object("visualization", id_, attributes, references)


def _vis_state(chart: Chart) -> dict[str, Any]:
    aggregations = [
        {
            "id": str(number),
            "enabled": True,
            "type": one.type,
            "schema": one.schema,
            "params": dict(one.params),
        }
        for number, one in enumerate(chart.aggregations, start=1)
    ]
    return {
        "title": f"[agentrig] {chart.title}",
        "type": chart.shape,
        "aggs": aggregations,
        "params": _drawing(chart),
    }


def _drawing(chart: Chart) -> dict[str, Any]:
    legend = {"addTooltip": True, "addLegend": True, "legendPosition": "right"}
    if chart.shape == "table":
        return {
            "perPage": 10,
            "showPartialRows": False,
            "showMetricsAtAllLevels": False,
            "sort": {"columnIndex": None, "direction": None},
            "showTotal": False,
            "totalFunc": "sum",
            "percentageCol": "",
        }
    if chart.shape == "pie":
        labels = {"show": True, "values": True, "last_level": True, "truncate": 100}
        return {"type": "pie", "isDonut": True, "labels": labels, **legend}
    return {
        "type": chart.shape,
        "grid": {"categoryLines": False},
        "categoryAxes": [_axis("CategoryAxis-1", "category", "bottom", {"type": "linear"}, "")],
        "valueAxes": [
            {
                **_axis("ValueAxis-1", "value", "left", _VALUES, chart.axis),
                "name": "LeftAxis-1",
            }
        ],
        "seriesParams": list(_series(chart)),
        "times": [],
        "addTimeMarker": False,
        "labels": {},
        "thresholdLine": {
            "show": False,
            "value": 10,
            "width": 1,
            "style": "full",
            "color": "#E7664C",
        },
        **legend,
    }


_VALUES = {"type": "linear", "mode": "normal"}


def _axis(id_: str, type_: str, position: str, scale: dict[str, Any], title: str) -> dict[str, Any]:
    is_category = type_ == "category"
    return {
        "id": id_,
        "type": type_,
        "position": position,
        "show": True,
        "style": {},
        "scale": scale,
        "labels": {"show": True, "rotate": 0, "filter": is_category, "truncate": 100},
        "title": {"text": title} if title else {},
    }


def _series(chart: Chart) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(chart.aggregations, start=1):
        if one.schema == "metric":
            yield {
                "show": True,
                "type": chart.shape,
                "mode": "normal",
                "data": {"label": _label(one), "id": str(number)},
                "valueAxis": "ValueAxis-1",
                "drawLinesBetweenPoints": True,
                "lineWidth": 2,
                "interpolate": "linear",
                "showCircles": True,
            }


def _label(one: Aggregation) -> str:
    return str(one.params.get("customLabel") or one.type.capitalize())


def _dashboard(index: str, stem: str, panels: list[dict[str, Any]]) -> dict[str, Any]:
    placed = [
        {
            "version": _PANEL_VERSION,
            "gridData": grid,
            "panelIndex": grid["i"],
            "embeddableConfig": {},
            "panelRefName": f"panel_{number}",
        }
        for number, grid in enumerate(_grid())
    ]
    attributes = {
        "title": f"[agentrig] Results of {index}",
        "description": "Outcomes, scores and latencies of agentrig's runs, and what failed.",
        "panelsJSON": _json(placed),
        "optionsJSON": _json({"hidePanelTitles": False, "useMargins": True}),
        "version": 1,
        "hits": 0,
        "timeRestore": True,
        "timeFrom": "now-30d",
        "timeTo": "now",
        "refreshInterval": {"pause": True, "value": 0},
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _json({"query": {"query": "", "language": "lucene"}, "filter": []})
        },
    }
    references = [
        {"name": f"panel_{number}", "type": one["type"], "id": one["id"]}
        for number, one in enumerate(panels)
    ]
    return _object("dashboard", f"{stem}-dashboard", attributes, references)


def _grid() -> Iterator[dict[str, Any]]:
    """Place the panels one beside the other, and in the next row where there is no more room."""
    x = y = row = 0
    for number, panel in enumerate(PANELS, start=1):
        width, height = panel.size
        if x + width > _WIDTH:
            x, y, row = 0, y + row, 0
        yield {"x": x, "y": y, "w": width, "h": height, "i": str(number)}
        x, row = x + width, max(row, height)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
