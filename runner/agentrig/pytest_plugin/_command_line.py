"""What `pytest -p agentrig.pytest_plugin` takes on its command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentrig._choices import DEFAULT_CONCURRENCY, Via
from agentrig.pytest_plugin._elk_options import add_elk_options, keep_other_elk_reporter_out

if TYPE_CHECKING:
    import pytest

__all__ = ["pytest_addoption"]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options of a run to pytest's own."""
    keep_other_elk_reporter_out(pluginmanager)
    add_elk_options(parser)
    group = parser.getgroup("agentrig", "scenarios of agentrig")
    group.addoption("--agentrig-via", choices=list(Via), help="how target names become URLs")
    group.addoption(
        "--agentrig-target",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="URL of a target; NAME may be AGENT/NAME",
    )
    group.addoption("--agentrig-namespace", metavar="NAME", help="namespace of the agents")
    group.addoption("--agentrig-results", type=Path, metavar="DIR", help="write results here")
    group.addoption(
        "--agentrig-reporter",
        action="append",
        default=[],
        metavar="NAME[=ARG]",
        help="a reporter of another package (entry point 'agentrig.reporters')",
    )
    group.addoption(
        "--agentrig-concurrency",
        type=int,
        default=DEFAULT_CONCURRENCY,
        metavar="N",
        help="scenarios at once (default: %(default)s)",
    )
