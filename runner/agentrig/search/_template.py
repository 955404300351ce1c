"""The index template: it gives every index of results the fields of `_mapping.py`."""

from __future__ import annotations

from typing import Any

from agentrig.search._mapping import MAX_KEYWORD, NUMBER_PATTERNS, PROPERTIES

__all__ = ["TEMPLATE_VERSION", "index_template"]

TEMPLATE_VERSION = 1
"""Grows with every change: a server that has a newer template keeps it."""

# Above the templates that Elasticsearch brings for `logs-*-*` and the like, at 100.
_PRIORITY = 200

# Of which a document may bring 100 at most; what others put into the index counts as well.
_MAX_FIELDS = 2000

_USER_TEXT = {
    "type": "text",
    "fields": {"keyword": {"type": "keyword", "ignore_above": MAX_KEYWORD}},
}


def index_template(pattern: str, *, data_stream: bool = False) -> dict[str, Any]:
    """Give the body of `PUT _index_template/NAME` for indices that match `pattern`.

    Elasticsearch 8 and 9 and OpenSearch 2 and 3 take it as it is. With `data_stream` the first
    document makes a data stream instead of an index.
    """
    template: dict[str, Any] = {
        "index_patterns": [pattern],
        "priority": _PRIORITY,
        "version": TEMPLATE_VERSION,
        "template": {"settings": _settings(), "mappings": _mappings()},
        "_meta": {"description": "Results of agentrig", "managed_by": "agentrig"},
    }
    if data_stream:
        template["data_stream"] = {}
    return template


def _settings() -> dict[str, Any]:
    return {
        "index": {
            "number_of_shards": 1,
            # Green on a single node, and safe on several.
            "auto_expand_replicas": "0-1",
            "mapping": {
                "total_fields": {"limit": _MAX_FIELDS},
                # A value that is not of its field's type is kept, and only not indexed.
                "ignore_malformed": True,
            },
        },
        "analysis": {
            "char_filter": {
                # pytest-elk-reporter's word: searches that are kept with it go on to find.
                "agentrig_outcome": {"type": "mapping", "mappings": ["failure => failed"]}
            },
            "normalizer": {
                "agentrig_outcome": {"type": "custom", "char_filter": ["agentrig_outcome"]}
            },
        },
    }


def _mappings() -> dict[str, Any]:
    number = {"type": "double"}
    by_name = [
        {f"numbers_{place}": {"match": match, "match_mapping_type": "*", "mapping": number}}
        for place, match in enumerate(NUMBER_PATTERNS)
    ]
    return {
        # A text that looks like a date would make a field that takes no other text.
        "date_detection": False,
        "numeric_detection": False,
        "dynamic_templates": [
            {
                "labels": {
                    "path_match": "labels.*",
                    "mapping": {"type": "keyword", "ignore_above": MAX_KEYWORD},
                }
            },
            *by_name,
            # An integer that comes first must not make a field in which 0.93 is 0.
            {"integers": {"match_mapping_type": "long", "mapping": number}},
            {"floats": {"match_mapping_type": "double", "mapping": number}},
            {"texts": {"match_mapping_type": "string", "mapping": _USER_TEXT}},
        ],
        "properties": PROPERTIES,
    }
