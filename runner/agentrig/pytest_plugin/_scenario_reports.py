"""A scenario's way through pytest: its reports, made of what the engine found.

pytest's own protocol would capture output, enter fixtures and time three phases of an item that
does nothing but wait: 1 ms each, which is more than the steps of many a scenario take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from agentrig.events import Outcome
from agentrig.pytest_plugin._items import RUN
from agentrig.reporters.failure_text import render_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.engine import ScenarioResult
    from agentrig.pytest_plugin._items import ScenarioItem

__all__ = ["report_scenario"]

_MS_PER_S = 1000


def report_scenario(item: ScenarioItem) -> None:
    """Wait for a scenario's result, and report it through pytest's hooks."""
    hook, nodeid, location = item.ihook, item.nodeid, item.location
    hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
    run = item.config.stash[RUN]
    # Another plugin may end the wait, as pytest-timeout does.
    call = pytest.CallInfo.from_call(
        lambda: run.result(item.named.id),
        "call",
        reraise=(KeyboardInterrupt, pytest.exit.Exception),
    )
    reports = _Reports(item)
    ended = reports.cut_short(call.excinfo) if call.excinfo else reports.of(call.result)
    for report in ended:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
    item.let_go()


class _Reports:
    """Makes the reports of the phases that pytest's users know."""

    def __init__(self, item: ScenarioItem) -> None:
        self._item = item
        self._keywords: dict[str, Literal[1]] = dict.fromkeys(item.keywords, 1)

    def of(self, result: ScenarioResult) -> Iterator[pytest.TestReport]:
        """Report a result; the phase that shows it has its times."""
        finished = result.finished
        times = result.started_at, finished.elapsed_ms / _MS_PER_S
        if finished.outcome is Outcome.ERROR:
            # No verdict: pytest's "error", which is that of a setup.
            text = render_failure(finished, result.step)
            yield self._report("setup", "failed", text, times)
        else:
            yield self._report("setup")
            if finished.outcome is Outcome.PASSED:
                yield self._report("call", times=times)
            elif finished.outcome is Outcome.FAILED:
                text = render_failure(finished, result.step)
                yield self._report("call", "failed", text, times)
            else:
                reason = finished.message or finished.outcome.value.replace("_", " ")
                place = str(self._item.path), self._item.named.line, f"Skipped: {reason}"
                yield self._report("call", "skipped", place, times)
        yield self._report("teardown")

    def cut_short(
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Iterator[pytest.TestReport]:
        """Report a scenario whose result was not waited for."""
        yield self._report("setup")
        yield self._report("call", "failed", excinfo.exconly(tryshort=True))
        yield self._report("teardown")

    def _report(
        self,
        when: Literal["setup", "call", "teardown"],
        outcome: Literal["passed", "failed", "skipped"] = "passed",
        longrepr: str | tuple[str, int, str] | None = None,
        times: tuple[float, float] = (0.0, 0.0),
    ) -> pytest.TestReport:
        start, elapsed_s = times
        return pytest.TestReport(
            nodeid=self._item.nodeid,
            location=self._item.location,
            keywords=self._keywords,
            outcome=outcome,
            longrepr=longrepr,
            when=when,
            duration=elapsed_s,
            start=start,
            stop=start + elapsed_s,
        )
