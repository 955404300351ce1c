"""Matchers: how a value that came is compared with what was expected.

To add one: write its function, add it to `MATCHERS`, and give it a key in the model that uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MATCHERS", "Matcher"]


class Matcher(Struct, frozen=True, kw_only=True):
    """`holds(actual, expected)` decides; `explain(actual, expected)` says why it did not."""

    name: str
    holds: Callable[[Any, Any], bool]
    explain: Callable[[Any, Any], str]


# AgentSpec compares as Python does: `equals: 1` holds for true and for 1.0, and `contains` is a
# substring test on Python's text of the value (True, None, {'a': 1}).
MATCHERS = {
    matcher.name: matcher
    for matcher in (
        Matcher(
            name="not_null",
            holds=lambda actual, _: actual is not None,
            explain=lambda actual, _: f"must not be null, got {actual!r}",
        ),
        Matcher(
            name="equals",
            holds=lambda actual, expected: bool(actual == expected),
            explain=lambda actual, expected: f"expected {expected!r}, got {actual!r}",
        ),
        Matcher(
            name="contains",
            holds=lambda actual, expected: expected in str(actual),
            explain=lambda actual, expected: f"expected to contain {expected!r}, got {actual!r}",
        ),
    )
}
