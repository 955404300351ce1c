"""agentrig as a pytest plugin: `pytest -p agentrig.pytest_plugin scenarios/`.

`agentrig run` is pytest with this plugin and little else. It is not an entry point on purpose:
what happens to be installed must not change, or slow down, anybody's pytest run.
"""

from __future__ import annotations

import sys

import pytest

from agentrig._excerpt import render_mistakes
from agentrig.documents import ReadAhead
from agentrig.engine import Schedule, needs_times
from agentrig.errors import AgentrigError, ScenarioError
from agentrig.pytest_plugin._command_line import pytest_addoption
from agentrig.pytest_plugin._durations import read_durations
from agentrig.pytest_plugin._fixtures import (
    _test_steps,
    agent,
    cluster,
    demo_cluster,
    elk_reporter,
    port_forward,
    record_metric,
    run_scenario,
    save_artifact,
    steps,
)
from agentrig.pytest_plugin._options import RunOptions, StoreOptions, new_run_id
from agentrig.pytest_plugin._plugin import AgentrigPlugin
from agentrig.targets import target_settings

__all__ = [
    "AgentrigPlugin",
    "RunOptions",
    "StoreOptions",
    "_test_steps",
    "agent",
    "cluster",
    "demo_cluster",
    "elk_reporter",
    "new_run_id",
    "port_forward",
    "pytest_addoption",
    "pytest_configure",
    "read_durations",
    "record_metric",
    "run_scenario",
    "save_artifact",
    "steps",
]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin a run from pytest's options, unless `agentrig run` has begun one."""
    if any(isinstance(plugin, AgentrigPlugin) for plugin in config.pluginmanager.get_plugins()):
        return
    option = config.getoption
    try:
        settings = target_settings(
            via=option("--agentrig-via"),
            namespace=option("--agentrig-namespace"),
            targets=option("--agentrig-target"),
        )
        options = RunOptions(
            targets=settings,
            schedule=Schedule(
                concurrency=max(1, option("--agentrig-concurrency")),
                maxfail=option("maxfail") or 0,
                measure=needs_times(settings.slo),
            ),
            results=option("--agentrig-results"),
            reporters=tuple(option("--agentrig-reporter")),
        )
        config.pluginmanager.register(AgentrigPlugin(options, ReadAhead(config.args)))
    except ScenarioError as error:
        sys.stderr.write(render_mistakes(error.mistakes) + "\n")
        raise pytest.UsageError("the configuration cannot be used") from error
    except AgentrigError as error:
        raise pytest.UsageError(str(error)) from error
