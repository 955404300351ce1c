"""Tests that could not run are listed with their reason; CI takes that list as a failure."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests that could not run here."""
    if _runs_scenarios(terminalreporter.config):
        return
    skipped = terminalreporter.getreports("skipped")
    if skipped:
        terminalreporter.section("could not run here")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {_reason(report)}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail in CI when a test could not run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or "CI" not in os.environ or hasattr(session.config, "workerinput"):
        return
    if _runs_scenarios(session.config):
        return
    if exitstatus == pytest.ExitCode.OK and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _runs_scenarios(config: pytest.Config) -> bool:
    """Tell `agentrig run` in this repository, which loads this file too, from a run of tests."""
    return config.pluginmanager.has_plugin("agentrig.pytest_plugin")


def _reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")
