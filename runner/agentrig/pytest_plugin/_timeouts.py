"""pytest-timeout's limits, kept by the engine for scenarios.

pytest-timeout counts from the moment at which pytest comes to an item: for a scenario, which runs
beside others, that is nothing but the wait for its result. So its limit (`--timeout`, the ini
value, the environment, a mark) becomes the scenario's own, which begins when the scenario does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from agentrig.pytest_plugin._items import ScenarioItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.engine import PlannedScenario

__all__ = ["ScenarioTimeouts", "limited"]

# As its entry point, and as a module.
_NAMES = ("timeout", "pytest_timeout")


class ScenarioTimeouts:
    """Keeps pytest-timeout's own timers away from scenarios."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item: pytest.Item) -> bool | None:
        """Say that the timer of a scenario is set: its hook was made for other ways to do it."""
        return True if isinstance(item, ScenarioItem) else None


def limited(config: pytest.Config, items: Iterable[pytest.Item]) -> list[PlannedScenario]:
    """Give the scenarios with the limit of pytest-timeout, unless their files say their own."""
    scenarios = [item for item in items if isinstance(item, ScenarioItem)]
    if not any(config.pluginmanager.has_plugin(name) for name in _NAMES):
        return [item.planned for item in scenarios]
    from pytest_timeout import (  # type: ignore[import-untyped]  # noqa: PLC0415  # ships no types; loaded already
        get_env_settings,
    )

    limit_s: float | None = get_env_settings(config).timeout
    return [_limited(item, limit_s) for item in scenarios]


def _limited(item: ScenarioItem, limit_s: float | None) -> PlannedScenario:
    planned = item.planned
    if mark := item.get_closest_marker("timeout"):
        value: Any = mark.args[0] if mark.args else mark.kwargs.get("timeout")
        limit_s = limit_s if value is None else float(value)
    if not limit_s or planned.scenario.timeout_s is not None:
        return planned
    return replace(planned, scenario=replace(planned.scenario, timeout_s=limit_s))
