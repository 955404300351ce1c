"""Results as they come out of the engine's thread, and a way to wait for one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from agentrig.errors import AgentrigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.engine._scenario_run import ScenarioResult

__all__ = ["SIGNALS_EVERY_S", "Results"]

SIGNALS_EVERY_S = 0.2
"""How long a wait lasts at most before signals are looked at."""


class Results:
    """One result for each scenario. A future each would take 1 kB for its lock."""

    def __init__(self, scenarios: Iterable[str]) -> None:
        """Expect a result for each of `scenarios`."""
        self._expected = frozenset(scenarios)
        self._came: dict[str, ScenarioResult] = {}
        self._problem: str | None = None
        self._changed = threading.Condition()

    def settle(self, scenario: str, result: ScenarioResult) -> None:
        """Take the result of a scenario; `tell` wakes up who waits for it."""
        self._came[scenario] = result

    def tell(self) -> None:
        """Wake up those who wait: results have come."""
        with self._changed:
            self._changed.notify_all()

    def give_up(self, problem: str) -> None:
        """Say why no more results will come."""
        with self._changed:
            self._problem = problem
            self._changed.notify_all()

    def wait(self, scenario: str) -> ScenarioResult:
        """Give a result once it is there. Raises AgentrigError when it will not come."""
        if scenario not in self._expected:
            raise KeyError(scenario)
        with self._changed:
            while scenario not in self._came:
                if self._problem is not None:
                    raise AgentrigError(self._problem)
                # A signal that comes just before a wait begins, or to another thread, does not
                # end it.
                self._changed.wait(SIGNALS_EVERY_S)
            return self._came[scenario]
