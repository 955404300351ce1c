"""Matchers of texts, and of what holds something."""

from __future__ import annotations

from typing import Any

from agentrig.checks._matcher import CannotMatchError, Matcher
from agentrig.checks._operands import Json, Pattern, Text
from agentrig.checks._patterns import search
from agentrig.checks._values import json_equal, name_type, show

__all__ = ["CONTAINS", "ENDS_WITH", "MATCHES", "NOT_CONTAINS", "STARTS_WITH"]


def _holds(actual: Any, part: Any) -> bool:
    if isinstance(actual, list):
        return any(json_equal(one, part) for one in actual)
    if not isinstance(actual, str | dict):
        raise CannotMatchError(f"expected text, a list or a mapping, got {name_type(actual)}")
    if not isinstance(part, str):
        what = "text" if isinstance(actual, str) else "a mapping's keys"
        raise CannotMatchError(f"expected a list to look for {show(part)} in, got {what}")
    return part in actual


def _contains(actual: Any, part: Any) -> str | None:
    if _holds(actual, part):
        return None
    return f"expected to contain {show(part)}, got {show(actual)}"


def _not_contains(actual: Any, part: Any) -> str | None:
    if not _holds(actual, part):
        return None
    return f"expected not to contain {show(part)}, got {show(actual)}"


def _matches(actual: Any, pattern: str) -> str | None:
    if search(pattern, _a_text(actual)):
        return None
    return f"expected to match '{pattern}', got {show(actual)}"


def _starts_with(actual: Any, start: str) -> str | None:
    if _a_text(actual).startswith(start):
        return None
    return f"expected to start with {show(start)}, got {show(actual)}"


def _ends_with(actual: Any, end: str) -> str | None:
    if _a_text(actual).endswith(end):
        return None
    return f"expected to end with {show(end)}, got {show(actual)}"


def _a_text(value: Any) -> str:
    if not isinstance(value, str):
        raise CannotMatchError(f"expected text, got {name_type(value)}")
    return value


CONTAINS = Matcher(
    operand=Json,
    problem=_contains,
    about="The text contains this text, the list this element, or the mapping this key.",
    example="{jq: .answer, contains: Monday}",
)
NOT_CONTAINS = Matcher(
    operand=Json,
    problem=_not_contains,
    about="The text, list or mapping does not contain this.",
    example="{body: {not_contains: password}}",
)
MATCHES = Matcher(
    operand=Pattern,
    problem=_matches,
    about="The regular expression is found in the text; `^...$` for all of it.",
    example="{jq: .answer, matches: '(?i)monday|tuesday'}",
)
STARTS_WITH = Matcher(
    operand=Text,
    problem=_starts_with,
    about="The text begins with this.",
    example="{header: location, starts_with: /sessions/}",
)
ENDS_WITH = Matcher(
    operand=Text,
    problem=_ends_with,
    about="The text ends with this.",
    example="{jq: .file, ends_with: .pdf}",
)
