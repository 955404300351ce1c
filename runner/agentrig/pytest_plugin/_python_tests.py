"""Tests of Python modules, as events: what pytest reports in phases becomes one outcome."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentrig._excerpt import render_mistakes
from agentrig.errors import AgentrigError, ScenarioError
from agentrig.events import (
    ExecutionFinished,
    Language,
    Outcome,
    Planned,
    ScenarioFinished,
    ScenarioStarted,
)
from agentrig.pytest_plugin._items import shown_path
from agentrig.pytest_plugin._tags import tags_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from agentrig.events import Event

__all__ = ["PythonTests", "plan_test"]


def plan_test(item: pytest.Item) -> Planned:
    """Take a test into the plan."""
    _, line, _ = item.reportinfo()
    path = shown_path(item.path)
    _, _, name = item.nodeid.partition("::")
    return Planned(
        id=f"{path}::{name}",
        name=name,
        path=path,
        line=(line or 0) + 1,
        language=Language.PYTHON,
        tags=tags_of(item),
    )


class _Phases(Struct):
    """What the setup, the call and the teardown of one test came to.

    `problem` is that of the first phase that had one: what fails after it may well fail of it.
    """

    elapsed_s: float = 0.0
    problem: Outcome | None = None
    skipped: str | None = None
    message: str | None = None
    details: list[str] = field(default_factory=list)

    def outcome(self) -> Outcome:
        if self.problem:
            return self.problem
        return Outcome.PASSED if self.skipped is None else Outcome.SKIPPED


class PythonTests:
    """Publishes an event for the begin and the end of each test."""

    def __init__(self, publish: Callable[[Event], Event], *, retries: int = 0) -> None:
        """Publish through `publish`; a test that fails is executed up to `retries` times more."""
        self._publish = publish
        self._retries = retries
        self._phases: defaultdict[str, _Phases] = defaultdict(_Phases)
        self._failed: dict[str, list[ScenarioFinished]] = {}

    def started(self, scenario_id: str) -> None:
        """Say that a test begins."""
        if scenario_id not in self._failed:
            self._publish(ScenarioStarted(scenario=scenario_id))

    def reported(
        self, scenario_id: str, report: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> None:
        """Take one phase into account."""
        phases = self._phases[scenario_id]
        phases.elapsed_s += report.duration
        if report.skipped:
            phases.skipped = _skip_reason(report)
        error = call.excinfo.value if call.excinfo else None
        # Broken infrastructure is no verdict, so that it cannot have been expected either (xfail).
        broken = isinstance(error, AgentrigError)
        if not (report.failed or broken):
            return
        phases.problem = phases.problem or (Outcome.ERROR if broken else Outcome.FAILED)
        if broken:
            # Its text says all; how the runner came to raise it helps nobody.
            text = (
                render_mistakes(error.mistakes) if isinstance(error, ScenarioError) else str(error)
            )
            phases.message = phases.message or text
        else:
            text = call.excinfo.exconly(tryshort=True) if call.excinfo else report.longreprtext
            phases.message = phases.message or next(iter(text.splitlines()), "failed")
            phases.details.append(report.longreprtext)
        phases.details += [f"--- {name}\n{content.rstrip()}" for name, content in report.sections]

    def finished(self, scenario_id: str) -> Outcome | None:
        """Say that a test ended, and how; None if it is to be executed again."""
        phases = self._phases.pop(scenario_id, _Phases())
        earlier = self._failed.get(scenario_id, [])
        finished = ScenarioFinished(
            scenario=scenario_id,
            outcome=phases.outcome(),
            elapsed_ms=round(phases.elapsed_s * 1000, 3),
            message=phases.message or phases.skipped,
            details="\n".join(phases.details) or None,
            flaky=bool(earlier) and phases.outcome() is Outcome.PASSED,
        )
        bad = finished.outcome in {Outcome.FAILED, Outcome.ERROR}
        if bad and len(earlier) < self._retries:
            self._failed[scenario_id] = [*earlier, finished]
            self._publish(
                ExecutionFinished(
                    scenario=scenario_id,
                    number=len(earlier) + 1,
                    outcome=finished.outcome,
                    elapsed_ms=finished.elapsed_ms,
                    message=finished.message,
                    details=finished.details,
                )
            )
            return None
        self._failed.pop(scenario_id, None)
        self._publish(finished)
        return finished.outcome

    def give_up(self) -> None:
        """Say of tests that were to be executed again, and are not, how they ended."""
        for executions in self._failed.values():
            self._publish(executions[-1])
        self._failed.clear()


def _skip_reason(report: pytest.TestReport) -> str:
    expected: str | None = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"expected to fail: {expected}" if expected else "expected to fail"
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return "skipped"
