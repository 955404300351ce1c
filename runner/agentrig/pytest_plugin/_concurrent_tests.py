"""Python tests that run while the engine runs the scenarios: the marks `concurrent` and `locks`.

They run in pytest's own thread, one by one, before all others; the scenarios that hold one of
their locks are waited for, and wait for them. A mark `serial` on a test outweighs `concurrent` on
its module.
"""

from __future__ import annotations

from concurrent.futures import wait
from typing import TYPE_CHECKING

import pytest

from agentrig.pytest_plugin._items import RUN, ScenarioItem

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["ConcurrentTests", "is_concurrent", "locks_of", "place_of"]

SIGNALS_EVERY_S = 0.2

_MARKS = (
    "concurrent: run the test while scenarios run, before all other tests",
    "locks(name, ...): with 'concurrent', keep the test apart from what holds one of these locks",
    "serial: run the test beside nothing else, also in a module that is marked 'concurrent'",
)


def is_concurrent(item: pytest.Item) -> bool:
    """Tell whether a test runs beside the scenarios."""
    return (
        item.get_closest_marker("concurrent") is not None
        and item.get_closest_marker("serial") is None
    )


def locks_of(item: pytest.Item) -> frozenset[str]:
    """Give the locks of a test. Raises pytest.UsageError for a mark that names none."""
    found: set[str] = set()
    for mark in item.iter_markers("locks"):
        names = [name for name in mark.args if isinstance(name, str) and name]
        if not names or len(names) < len(mark.args) or mark.kwargs:
            raise pytest.UsageError(
                f"{item.nodeid}: the mark 'locks' takes names, as locks(\"ledger\")"
            )
        found.update(names)
    return frozenset(found)


def place_of(item: pytest.Item) -> int:
    """Give a test's place in the plan: beside the scenarios, among them, or behind them."""
    if isinstance(item, ScenarioItem):
        return 1
    return 0 if is_concurrent(item) else 2


class ConcurrentTests:
    """Takes a turn beside the scenarios for each concurrent test."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Explain the marks."""
        for mark in _MARKS:
            config.addinivalue_line("markers", mark)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse marks that say nothing, before anything runs."""
        for item in items:
            if not isinstance(item, ScenarioItem):
                locks_of(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Wait for the turn, before pytest-timeout begins to count, and end it in any case.

        Where enough has failed meanwhile, the run's own protocol leaves the test out.
        """
        if isinstance(item, ScenarioItem) or not is_concurrent(item):
            return (yield)
        turn = item.config.stash[RUN].turn(locks_of(item))
        try:
            # A signal that comes just before a wait begins does not end it.
            while not wait([turn.granted], timeout=SIGNALS_EVERY_S).done:
                pass
            return (yield)
        finally:
            turn.end()
