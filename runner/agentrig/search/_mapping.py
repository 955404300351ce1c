"""The fields of the documents: names and types that Elasticsearch 8/9 and OpenSearch 2/3 share.

Neither has a type of the other's for objects with any keys (`flattened` and `flat_object`), so
none is used: what users name themselves is bounded before it is sent (`_fields.py`).
"""

from __future__ import annotations

from typing import Any

__all__ = ["KEYWORDS", "NUMBERS", "PROPERTIES", "is_number_name"]

MAX_KEYWORD = 1024
MAX_SORTED_TEXT = 512

_KEYWORD: dict[str, Any] = {"type": "keyword", "ignore_above": MAX_KEYWORD}
# Where pytest-elk-reporter left the mapping to the server, a text got a `.keyword` of its own,
# and dashboards were made of that.
_WITH_KEYWORD = {**_KEYWORD, "fields": {"keyword": _KEYWORD}}
_TEXT = {
    "type": "text",
    "fields": {"keyword": {"type": "keyword", "ignore_above": MAX_SORTED_TEXT}},
}
_OUTCOME = {**_KEYWORD, "normalizer": "agentrig_outcome"}
_DATE = {"type": "date"}
_FLOAT = {"type": "float"}
_DOUBLE = {"type": "double"}
_INTEGER = {"type": "integer"}
_LONG = {"type": "long"}
_BOOLEAN = {"type": "boolean"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(**properties: Any) -> dict[str, Any]:
    # Found as pairs by a nested query, and as plain values by everything else.
    return {"type": "nested", "include_in_root": True, "properties": properties}


_LATENCY = _object(
    steps=_LONG, p50_ms=_DOUBLE, p90_ms=_DOUBLE, p95_ms=_DOUBLE, p99_ms=_DOUBLE, max_ms=_DOUBLE
)

KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("environment", "model", "username", "hostname"), _WITH_KEYWORD),
    **dict.fromkeys(("git_branch", "git_repo", "git_commit_oneline"), _WITH_KEYWORD),
    **dict.fromkeys(("git_commit_sha", "git_commit_sha_short"), _WITH_KEYWORD),
}
"""Fields of words that users may set as well."""

NUMBERS: dict[str, Any] = {
    "faithfulness_score": _FLOAT,
    "relevancy_score": _FLOAT,
    "response_latency_ms": _FLOAT,
}
"""Fields of numbers that users set."""

NUMBER_PATTERNS = ("*_score", "*_ms", "*_seconds", "*_count")
_NUMBER_ENDS = tuple(pattern.removeprefix("*") for pattern in NUMBER_PATTERNS)


def is_number_name(name: str) -> bool:
    """Tell whether a field of this name takes numbers alone, in every index."""
    return name in NUMBERS or name.endswith(_NUMBER_ENDS)


PROPERTIES: dict[str, Any] = {
    "@timestamp": _DATE,
    "timestamp": _DATE,
    "session_start_time": _DATE,
    "kind": _KEYWORD,
    "test_id": _KEYWORD,
    "name": _WITH_KEYWORD,
    "title": _TEXT,
    "outcome": {**_OUTCOME, "fields": {"keyword": _OUTCOME}},
    "passed": {"type": "byte"},
    "duration": _FLOAT,
    "duration_seconds": _FLOAT,
    "path": _KEYWORD,
    "line": _INTEGER,
    "language": _KEYWORD,
    "agent": _KEYWORD,
    "tags": _KEYWORD,
    "markers": _WITH_KEYWORD,
    "run": _KEYWORD,
    "shard": _INTEGER,
    "shards": _INTEGER,
    "attempt": _INTEGER,
    "commit": _KEYWORD,
    "labels": {"type": "object", "dynamic": True},
    "source": _object(
        kind=_KEYWORD,
        url=_KEYWORD,
        ref=_KEYWORD,
        commit=_KEYWORD,
        path=_KEYWORD,
        objects=_LONG,
        digest=_KEYWORD,
    ),
    "via": _KEYWORD,
    "namespace": _KEYWORD,
    "agentrig_version": _KEYWORD,
    "python_version": _KEYWORD,
    "flaky": _BOOLEAN,
    "executions": _INTEGER,
    "reason": _TEXT,
    "failure": _object(
        message=_TEXT, exception_type=_KEYWORD, step=_KEYWORD, check=_KEYWORD, line=_INTEGER
    ),
    "failure_message": _TEXT,
    "metrics": _list(name=_KEYWORD, value=_DOUBLE, unit=_KEYWORD),
    "steps": _list(
        name=_KEYWORD,
        kind=_KEYWORD,
        phase=_KEYWORD,
        outcome=_OUTCOME,
        duration_ms=_DOUBLE,
        attempts=_INTEGER,
    ),
    "steps_total": _INTEGER,
    "iterations": _object(total=_LONG, passed=_LONG, failed=_LONG, errors=_LONG, latency=_LATENCY),
    "artifacts": _object(name=_KEYWORD, path=_KEYWORD, media_type=_KEYWORD, size=_LONG),
    # Of the run's own document.
    "summery": _BOOLEAN,  # as pytest-elk-reporter spells it
    "stats": {"type": "object", "enabled": False},
    "run_outcome": _OUTCOME,
    "exit_code": _INTEGER,
    "message": _TEXT,
    "planned": _INTEGER,
    "total": _INTEGER,
    "counts": _object(
        passed=_INTEGER,
        failed=_INTEGER,
        error=_INTEGER,
        skipped=_INTEGER,
        interrupted=_INTEGER,
        not_run=_INTEGER,
        flaky=_INTEGER,
    ),
    "missing": _KEYWORD,
    "limits": _object(name=_KEYWORD, limit=_DOUBLE, actual=_DOUBLE, outcome=_OUTCOME),
    "troubles": _object(
        reason=_KEYWORD, where=_KEYWORD, message=_TEXT, hint=_TEXT, overcome=_BOOLEAN
    ),
    # What can be read in a document and not be searched for.
    "unindexed": {"type": "object", "enabled": False},
    **KEYWORDS,
    **NUMBERS,
}
"""Every field that has a fixed type, by name."""
