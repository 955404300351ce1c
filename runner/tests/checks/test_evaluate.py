"""Checks on an output: a pattern that takes its time must not hold up the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from unittest.mock import Mock

from pydantic import TypeAdapter

from agentrig.checks import Check, Output, _patterns, check_output
from agentrig.events import Outcome
from agentrig.scenario import Names

if TYPE_CHECKING:
    import pytest

# Either begins with an alternative that fails after thousands of steps.
SLOW = "(?:a|aa)+b|(a+z)"
TEXT = "a" * 22 + "z"


def test_each_slow_search_of_a_step_goes_to_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_patterns, "IN_LOOP_S", 0.0)
    to_thread = Mock(wraps=asyncio.to_thread)
    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    slow = {"regex": SLOW, "matches": SLOW}
    checks = TypeAdapter(list[Check]).validate_python([slow, {"body": {"matches": SLOW}}])
    names = Names({}, env=lambda _: None, secret=lambda _: None)
    found = asyncio.run(check_output(checks, Output(text=TEXT), names, title="a", locate=Mock()))
    assert [one.outcome for one in found] == [Outcome.PASSED] * 2
    # The subject, the matcher behind it, and that of the next check.
    assert to_thread.call_count == 3
