"""Checks that hold whatever comes, and checks that are never made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentrig.checks import Check, Expect, Matchers
from agentrig.lint._always import (
    ANYTHING,
    BODY,
    COUNT,
    DURATION,
    STATUS,
    Values,
    matchers_that_hold,
)
from agentrig.steps import EventMatch, HttpExpect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.lint._walk import LintedDocument, Part, RawStep

__all__ = ["cannot_fail"]

Location = tuple[str | int, ...]
Problem = tuple[Location, str, str]

_PLAIN = {"status": STATUS, "elapsed_ms": DURATION, "body": BODY}
# AgentSpec's matchers of `jq`.
_FLAT_MATCHERS = ("not_null", "equals", "contains")
_REMOVE = "take it out, or write what must hold"


def cannot_fail(document: LintedDocument) -> Iterator[Problem]:
    """Find where they stand in a document, as keys, what is wrong there, and what to write."""
    data = document.data
    if data.get("steps") == []:
        yield ("steps",), "there is no step: nothing can fail", "write one, or 'skip: reason'"
    for step in document.steps:
        yield from _never_executed(step)
        for part in step.parts:
            if not isinstance(part.type, type) or not isinstance(part.value, dict):
                continue
            if issubclass(part.type, Expect):
                yield from _expectation(part)
            elif part.type in {Check, EventMatch}:
                yield from _check(part)
            elif part.type is Matchers:
                yield from _held(part.location, part.value, _values_of(part.location))


def _never_executed(step: RawStep) -> Iterator[Problem]:
    if step.raw.get("if") is False:
        yield (*step.location, "if"), "the step is never executed", "write a condition"
    if step.raw.get("foreach") == []:
        yield (*step.location, "foreach"), "the step is never executed", "write a list"


def _expectation(part: Part) -> Iterator[Problem]:
    expect, at = part.value, part.location
    if not expect:
        yield at, f"'{at[-1]}' expects nothing", _REMOVE
    for name, field in part.type.model_fields.items():
        if expect.get(field.alias or name) != []:
            continue
        # A list that is None when it is absent means something when it is empty: no events.
        if field.get_default(call_default_factory=True) == []:
            yield (*at, field.alias or name), f"'{name}' is empty: it checks nothing", _REMOVE
    if issubclass(part.type, HttpExpect):
        yield from _flat(expect, at)


def _flat(expect: Mapping[str, Any], at: Location) -> Iterator[Problem]:
    """Judge the keys that AgentSpec has."""
    matchers = [key for key in _FLAT_MATCHERS if key in expect]
    if "jq" not in expect:
        for key in matchers:
            yield (*at, key), f"'{key}' is not looked at without 'jq'", "add 'jq: .path'"
    elif not matchers:
        hint = "add 'not_null: true', 'equals' or 'contains'"
        yield (*at, "jq"), "'jq' has no matcher: its value may be anything", hint
    elif reason := _constant(expect["jq"]):
        yield (*at, "jq"), reason, "write a path: .answer"
    if expect.get("not_null") is False:
        hint = "write 'equals: null', or take it out"
        yield (*at, "not_null"), "'not_null: false' checks nothing", hint
    if expect.get("not_null") is True and expect.get("jq") == ".":
        yield (*at, "not_null"), "'.' is there whenever the body is JSON", "write a path: .answer"
    for key in ("contains", "body_contains"):
        if expect.get(key) == "":
            yield (*at, key), "any text contains an empty one", "write what must be there"


def _check(part: Part) -> Iterator[Problem]:
    check, at = part.value, part.location
    for subject, values in _PLAIN.items():
        if isinstance(check.get(subject), dict):
            yield from _held((*at, subject), check[subject], values)
            return
    query = check.get("jq")
    if reason := _constant(query):
        yield (*at, "jq"), reason, "write a path: .answer"
    if query == "." and check.get("exists") is True:
        yield (*at, "exists"), "'.' is there whenever the body is JSON", "write a path: .answer"
    yield from _held(at, check, ANYTHING)


def _held(at: Location, matchers: Mapping[str, Any], values: Values) -> Iterator[Problem]:
    for place, reason in matchers_that_hold(matchers, values):
        yield (*at, *place), f"'{place[-1]}' cannot fail: {reason}", _REMOVE


def _values_of(location: Location) -> Values:
    """Tell by the name of a kind's own key what its value can be."""
    name = str(location[-1])
    if name.endswith("_ms"):
        return DURATION
    if name.endswith("_tokens"):
        return COUNT
    return STATUS if name == "status" else ANYTHING


def _constant(query: Any) -> str | None:
    try:
        value = json.loads(query) if isinstance(query, str) else []
    except ValueError:
        return None
    # A list in brackets is a dotted path of AgentSpec.
    return None if isinstance(value, list | dict) else "this reads nothing of what came"
