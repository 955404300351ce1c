"""The pytest plugin of one run: from pytest's hooks to the run and back."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.documents import ReadAhead, is_scenario_file
from agentrig.errors import ReportError, UsageError
from agentrig.events import Outcome
from agentrig.pytest_plugin._async_tests import AsyncTests
from agentrig.pytest_plugin._concurrent_tests import ConcurrentTests, place_of
from agentrig.pytest_plugin._dry_run import render_plan
from agentrig.pytest_plugin._elk import ELK_PLUGIN, ElkReporter
from agentrig.pytest_plugin._items import RUN, ScenarioFile, ScenarioItem
from agentrig.pytest_plugin._python_tests import PythonTests, plan_test
from agentrig.pytest_plugin._run import Run
from agentrig.pytest_plugin._scenario_reports import report_scenario
from agentrig.pytest_plugin._tags import tags_as_markers
from agentrig.pytest_plugin._timeouts import ScenarioTimeouts, limited

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from agentrig.events import Planned
    from agentrig.pytest_plugin._options import RunOptions

__all__ = ["AgentrigPlugin"]


class AgentrigPlugin:
    """Collects scenarios, hands them to the engine, and turns what pytest sees into events."""

    def __init__(self, options: RunOptions, ahead: ReadAhead | None = None) -> None:
        """Prepare a run, some of whose files are read `ahead`.

        Raises ReportError when its results cannot be written.
        """
        self.run = Run(options, ahead or ReadAhead())
        self._silent = options.terminal is not None
        self._tests = PythonTests(self.run.stream.publish, retries=options.schedule.retry_failed)
        self._again: list[pytest.Item] = []
        self._test_ids: dict[str, str] = {}
        self._scenarios_left = 0
        self._whole = 0
        self._problems: list[str] = []
        self._usage: str | None = None
        self.exit_code: int | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the run known to items and fixtures."""
        config.stash[RUN] = self.run
        if config.getoption("capture") == "no" or config.getoption("usepdb"):
            self.run.share_terminal()
        self._plugins = config.pluginmanager
        self._plugins.register(AsyncTests(config))
        self._plugins.register(ScenarioTimeouts())
        self._plugins.register(ConcurrentTests())
        self._elk = ElkReporter(config, self.run.stream)
        self._plugins.register(self._elk, ELK_PLUGIN)
        self.run.tell_session = self._elk.tell_session
        config.addinivalue_line("markers", "tag(name, ...): words to select a test by")
        if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
            raise pytest.UsageError(
                "agentrig runs scenarios at the same time by itself: leave pytest-xdist out (-n 0)"
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Collect without collecting garbage: what is loaded stays, and there is a lot of it.

        The collector's walks over it took a fifth of the time to load 50 files of 20 steps.
        """
        if not (self.run.options.dry_run or session.config.option.collectonly):
            self._begin_sending()
        was_on = gc.isenabled()
        gc.disable()
        try:
            return (yield)
        finally:
            self.run.ahead.close()
            gc.freeze()
            # A run makes records that are let go at once: looking every 700 of them for what
            # reference counts miss took a twentieth of the time of a step.
            gc.set_threshold(20_000, 50, 50)
            if was_on:
                gc.enable()

    def _begin_sending(self) -> None:
        """Send documents to the server that pytest's options name, unless ours do.

        By now every conftest.py of the arguments has been read, and may have set them.
        """
        try:
            search = self._elk.settings()
            if self.run.options.search:
                search = self.run.options.search
            elif search:
                self.run.send_to(search)
            if search:
                self._elk.begin(search)
        except UsageError as error:
            self._usage = str(error)
            raise pytest.UsageError(self._usage) from error

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
        """Take the files that hold scenarios."""
        if is_scenario_file(file_path.name):
            file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
            return file
        return None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self._problems.append(report.longreprtext.strip())

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None]:
        """Let tags be selected by, keep this shard's part, and put Python tests last.

        Those that run beside the scenarios come first. The engine runs the scenarios at the same
        time. A run knows them by name, so that --keep-duplicates has no effect.
        """
        with tags_as_markers(items, config):
            try:
                yield
            except pytest.UsageError as error:
                if not self._silent:
                    raise
                raise pytest.UsageError(str(error).replace("'-m'", "'-t'")) from error
        items[:] = {item.nodeid: item for item in items}.values()
        items.sort(key=place_of)
        self._whole = len(items)
        if shard := self.run.options.shard:
            ids = {item.nodeid: _planned(item).id for item in items}
            self.run.places = {one: place for place, one in enumerate(ids.values())}
            own = shard.choose(list(ids.values()), self.run.options.durations)
            others = [item for item in items if ids[item.nodeid] not in own]
            items[:] = [item for item in items if ids[item.nodeid] in own]
            config.hook.pytest_deselected(items=others)
            if others and not items:
                self.run.elsewhere = (
                    f"shard {shard.index}/{shard.count} has nothing to run: "
                    f"all {self._whole} planned are in other shards"
                )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run the engine while pytest walks its items."""
        option = session.config.option
        ends_here = self._problems and not option.continue_on_collection_errors
        if ends_here or option.collectonly:
            try:
                return (yield)
            except session.Interrupted:
                if not self._silent:
                    raise
                return True  # pytest's own words on what the report says better
        if self.run.options.dry_run:
            self._print_plan(session.items)
            session.items.clear()
            self._hush()  # it would print an empty line
            return (yield)
        self._begin(session)
        try:
            result = yield
            self._retry_tests(session)
        finally:
            self.run.stop()
            self._tests.give_up()
        return result

    def _begin(self, session: pytest.Session) -> None:
        """Start the engine on the scenarios, and leave to pytest what has no verdict yet."""
        for item in session.items:
            if isinstance(item, ScenarioItem):
                item.heed_markers()
        scenarios = limited(session.config, session.items)
        tests = [item for item in session.items if not isinstance(item, ScenarioItem)]
        planned = {item.nodeid: plan_test(item) for item in tests}
        self._test_ids = {nodeid: test.id for nodeid, test in planned.items()}
        try:
            kept = self.run.begin(scenarios, [_planned(item) for item in session.items])
            if kept:
                session.items[:] = [item for item in session.items if _planned(item).id not in kept]
            self._scenarios_left = sum(isinstance(item, ScenarioItem) for item in session.items)
        except UsageError as error:
            self._usage = str(error)
            if not self._silent:
                raise pytest.UsageError(self._usage) from error
            session.items.clear()
        if not tests and not session.config.getoption("usepdb"):
            # It would keep three reports of each scenario, and print none of them.
            self._hush()

    def _retry_tests(self, session: pytest.Session) -> None:
        """Execute Python tests again that failed, behind all others, fixtures and all."""
        while self._again:
            items, self._again = self._again, []
            for item, following in zip(items, [*items[1:], None], strict=True):
                # The hook that pytest's own loop calls, in the way in which it calls it.
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)

    def _print_plan(self, items: Sequence[pytest.Item]) -> None:
        """Print what would be run, or keep what stands in its way."""
        scenarios = [item.planned for item in items if isinstance(item, ScenarioItem)]
        try:
            self.run.check(scenarios)
        except UsageError as error:
            self._usage = str(error)
            return
        plan = [_planned(item) for item in items]
        text = render_plan(
            plan,
            {planned.id: planned for planned in scenarios},
            whole=self._whole,
            options=self.run.options,
            resolver=self.run.resolver,
        )
        if output := self.run.options.terminal:
            output.write(text)
            output.flush()
        self.exit_code = 0 if plan or self.run.elsewhere else 5

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say that a Python test begins."""
        if nodeid in self._test_ids:
            self._tests.started(self._test_ids[nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record a Python test's phase."""
        report = yield
        if item.nodeid in self._test_ids:
            self._tests.reported(self._test_ids[item.nodeid], report, call)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Report a scenario; leave a Python test to pytest, or out once enough has failed."""
        self._item = item
        if not isinstance(item, ScenarioItem):
            return True if self.run.stopped else None
        report_scenario(item)
        return True

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Say that a Python test ended, and begin no other one when enough has failed."""
        if nodeid in self._test_ids:
            self._elk.tell_test(self._item)
            outcome = self._tests.finished(self._test_ids[nodeid])
            if outcome is None:
                self._again.append(self._item)
            if outcome in {Outcome.FAILED, Outcome.ERROR}:
                self.run.count_failure()
        else:
            self._scenarios_left -= 1
        # All scenarios have run by themselves, and are all reported.
        if self._scenarios_left == 0 and self.run.stopped:
            self._item.session.shouldfail = self.run.stopped
            self._hush()

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Silence pytest's own progress where agentrig prints the report."""
        return (report.outcome, "", "") if self._silent else None

    def pytest_keyboard_interrupt(self) -> None:
        """Let pytest add nothing to what agentrig's report says of an interruption."""
        self._hush()

    def _hush(self) -> None:
        if self._silent and self._plugins.has_plugin("terminalreporter"):
            self._plugins.unregister(name="terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: Any) -> None:
        """End the run, and let pytest exit with its code."""
        if session.config.option.collectonly and not self._problems:
            return
        if self.exit_code is not None:  # a plan was printed
            session.exitstatus = self.exit_code
            return
        if self._problems or self._usage:
            text = "\n\n".join(self._problems) or f"error: {self._usage}"
            self.exit_code = self.run.end(exit_code=4, message=text)
        elif exitstatus == pytest.ExitCode.USAGE_ERROR:
            # A path that is not there, a bad -k: pytest says which, on stderr.
            text = "error: pytest cannot use its arguments"
            self.exit_code = self.run.end(exit_code=4, message=text)
        elif exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            self.exit_code = self.run.end(exit_code=3, message="pytest broke down")
        else:
            interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
            self.exit_code = self.run.end(interrupted=interrupted)
        session.exitstatus = self.exit_code

    def end_early(self, *, exit_code: int | None = None, interrupted: bool = False) -> None:
        """End the run where pytest ended without a session, as of a broken conftest.py."""
        if self.exit_code is None:
            message = None if interrupted else "error: pytest did not begin: its own words say why"
            self.exit_code = self.run.end(
                exit_code=exit_code, interrupted=interrupted, message=message
            )

    def problems(self) -> list[ReportError]:
        """List the reports that could not be written."""
        return self.run.stream.problems


def _planned(item: pytest.Item) -> Planned:
    return item.named if isinstance(item, ScenarioItem) else plan_test(item)
