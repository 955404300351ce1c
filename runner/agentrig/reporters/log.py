"""The log of a pod: what happens, line by line with its time, as it happens."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agentrig.events import (
    ExecutionFinished,
    LimitChecked,
    MetricRecorded,
    Outcome,
    RunContinued,
    RunFinished,
    RunProgressed,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepStarted,
    TroubleFound,
)
from agentrig.reporters._log_entry import (
    FileLine,
    Level,
    LogEntry,
    LogError,
    one_line,
    render_json,
    render_text,
    time_of_day,
)
from agentrig.reporters._log_line import LogLine, read_log_line
from agentrig.reporters._words import (
    say_continued,
    say_duration,
    say_execution,
    say_iterations,
    say_latency,
    say_limit,
    say_source,
)
from agentrig.reporters.failure_text import render_failure
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.events import Event, Record, StepFinished
    from agentrig.reporters.tally import Tally

__all__ = [
    "FileLine",
    "Level",
    "LogEntry",
    "LogError",
    "LogLine",
    "LogReporter",
    "read_log_line",
    "render_json",
    "render_text",
    "time_of_day",
]

QUIET_S = 30.0
"""After this long without a line, one says what runs."""

_LEVELS = {
    Outcome.FAILED: Level.ERROR,
    Outcome.ERROR: Level.ERROR,
    Outcome.INTERRUPTED: Level.WARN,
    Outcome.NOT_RUN: Level.WARN,
}
# So many names are told of what runs, or of which agents are asked.
_NAMES = 5
_LAST_NAMES = 20


class LogReporter(TallyReport):
    """Writes an entry for all that is worth one; a thread of its own writes when long nothing is."""

    reads_steps = True

    def __init__(
        self,
        write: Callable[[LogEntry], None],
        *,
        tally: Tally | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], str] = time_of_day,
    ) -> None:
        """Give entries to `write`; `now` is the time of day, as records have it."""
        super().__init__(tally)
        self._write_entry = write
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._running: dict[str, tuple[float, str]] = {}
        self._written = clock()

    def receive(self, record: Record) -> None:
        """Write what is worth an entry."""
        with self._lock:
            super().receive(record)
            if self.tally.is_kept(record):
                return  # it was told when it happened, in another log
            match record.event:
                case ScenarioStarted() as event:
                    self._running[event.scenario] = (self._clock(), "")
                case StepStarted() as event:
                    begin, _ = self._running.get(event.scenario, (self._clock(), ""))
                    self._running[event.scenario] = (begin, f"step {event.step + 1}: {event.name}")
                case ScenarioFinished() as event:
                    self._scenario(record, event)
                case ExecutionFinished() as event:
                    self._execution(record, event)
                case MetricRecorded() as event:
                    self._metric(record, event)
                case event if not self.tally.is_of_part(record):
                    self._whole(record, event)

    def _whole(self, record: Record, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin(record, event)
            case RunContinued():
                self._continue(record, event)
            case RunProgressed():
                self._progress(record, event)
            case LimitChecked():
                self._limit(record, event)
            case TroubleFound():
                self._trouble(record, event)
            case RunFinished():
                self._end(record, event)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def say_what_runs(self) -> None:
        """Write what runs, if nothing has been written for long."""
        with self._lock:
            if self._closed.is_set() or self._quiet_s() < QUIET_S:
                return
            now = self._clock()
            names = [
                f"{scenario} ({now - begin:.0f} s{', ' + step if step else ''})"
                for scenario, (begin, step) in list(self._running.items())[:_NAMES]
            ]
            others = len(self._running) - len(names)
            if others:
                names.append(f"{others} more")
            what = f"{len(self._running)} running" + (f": {', '.join(names)}" if names else "")
            self._put(
                LogEntry(
                    time=self._now(),
                    level=Level.INFO,
                    message=f"{len(self.tally.results)}/{len(self.tally.planned)} finished, {what}",
                    **self._place(),
                )
            )

    def _begin(self, record: Record, event: RunStarted) -> None:
        parts = [f"run started: {len(event.planned)} planned", f"run {record.run}"]
        if record.shard:
            parts.append(f"shard {record.shard}/{event.shards}")
        if record.attempt > 1:
            parts.append(f"attempt {record.attempt}")
        parts += [f"agentrig {event.agentrig_version}", f"Python {event.python_version}"]
        parts += [f"via {event.via}", f"namespace {event.namespace}"]
        if event.source:
            parts.append(f"from {say_source(event.source)}")
        agents = sorted({one.agent for one in event.planned if one.agent})
        if agents:
            more = f" and {len(agents) - _NAMES} more" if len(agents) > _NAMES else ""
            parts.append(f"agents {', '.join(agents[:_NAMES])}{more}")
        text = " · ".join(parts)
        self._write(record, Level.INFO, text, planned=len(event.planned))
        threading.Thread(target=self._watch, name="agentrig-log", daemon=True).start()

    def _continue(self, record: Record, event: RunContinued) -> None:
        text = say_continued(event, len(self.tally.planned))
        level = Level.WARN if event.notes else Level.INFO
        self._write(record, level, text, note="\n".join(event.notes) or None)

    def _watch(self) -> None:
        # What cannot be written is told of when the next event cannot be either.
        with suppress(OSError):
            while not self._closed.wait(max(0.1, QUIET_S - self._quiet_s())):
                self.say_what_runs()

    def _scenario(self, record: Record, event: ScenarioFinished) -> None:
        self._running.pop(event.scenario, None)
        outcome = event.outcome
        idle = outcome in {Outcome.NOT_RUN, Outcome.SKIPPED}
        spent = "" if idle else f" in {say_duration(event.elapsed_ms)}"
        flaky = ", flaky" if event.flaky else ""
        counts = f"{len(self.tally.results)}/{len(self.tally.planned)}"
        word = outcome.value.replace("_", " ")
        level = Level.WARN if event.flaky else _LEVELS.get(outcome, Level.INFO)
        bad = not idle and outcome is not Outcome.PASSED
        step = self.tally.bad_step(event.scenario)
        self._write(
            record,
            level,
            f"{counts} {word}{spent}{flaky} · {one_line(event.scenario)}",
            scenario=event.scenario,
            outcome=outcome,
            elapsed_ms=event.elapsed_ms,
            flaky=event.flaky,
            finished=len(self.tally.results),
            planned=len(self.tally.planned),
            note=self._notes(event),
            error=_error(event, step) if bad else None,
            file=self._file(event.scenario, step) if bad else None,
        )

    def _notes(self, event: ScenarioFinished) -> str | None:
        notes = []
        if event.outcome in {Outcome.SKIPPED, Outcome.NOT_RUN} and event.message:
            notes.append(event.message)
        if event.flaky:
            notes.append(f"passed at execution {len(self.tally.executions[event.scenario]) + 1}")
        if event.iterations:
            notes.append(say_iterations(event.iterations))
            if event.iterations.latency:
                notes.append(f"steps: {say_latency(event.iterations.latency)}")
        return "\n".join(notes) or None

    def _execution(self, record: Record, event: ExecutionFinished) -> None:
        step = self.tally.executions[event.scenario][-1].step
        how, *_ = say_execution(event).partition(":")
        self._write(
            record,
            Level.WARN,
            f"{how} in {say_duration(event.elapsed_ms)} · {event.scenario}",
            scenario=event.scenario,
            outcome=event.outcome,
            elapsed_ms=event.elapsed_ms,
            error=_error(event, step),
            file=self._file(event.scenario, step),
        )

    def _metric(self, record: Record, event: MetricRecorded) -> None:
        unit = f" {event.unit}" if event.unit else ""
        text = f"metric {event.name} {event.value:g}{unit} · {event.scenario}"
        self._write(record, Level.INFO, text, scenario=event.scenario)

    def _progress(self, record: Record, event: RunProgressed) -> None:
        if self._quiet_s() < QUIET_S:
            return
        latency = event.iterations.latency
        times = f" · steps: {say_latency(latency)}" if latency else ""
        text = f"after {say_duration(event.elapsed_ms)}: {say_iterations(event.iterations)}{times}"
        self._write(record, Level.INFO, text)

    def _limit(self, record: Record, event: LimitChecked) -> None:
        level = Level.ERROR if event.outcome is Outcome.FAILED else Level.INFO
        self._write(record, level, f"limit {say_limit(event)}", outcome=event.outcome)

    def _trouble(self, record: Record, event: TroubleFound) -> None:
        text = event.message + (f"\n{event.hint}" if event.hint else "")
        self._write(
            record,
            Level.WARN if event.overcome else Level.ERROR,
            f"{event.reason}: {event.where}",
            error=LogError(message=event.message, stack_trace=text),
        )

    def _end(self, record: Record, event: RunFinished) -> None:
        bad = [
            f"{result.outcome} · {one_line(scenario)}"
            for scenario, result in self.tally.results.items()
            if result.outcome in {Outcome.FAILED, Outcome.ERROR}
        ]
        # Those who read from the end find what to look for.
        notes = bad[:_LAST_NAMES]
        if len(bad) > len(notes):
            notes.append(f"and {len(bad) - len(notes)} more")
        if event.iterations:
            notes.append(f"in all: {say_iterations(event.iterations)}")
            if event.iterations.latency:
                notes.append(f"steps: {say_latency(event.iterations.latency)}")
        if event.message and not event.exit_code:
            notes.append(event.message)
        message = (event.message or "").removeprefix("error: ")
        first, *_ = message.splitlines() or [""]
        more = message if message != first else None
        self._write(
            record,
            Level.ERROR if event.exit_code else Level.INFO,
            f"run finished, exit code {event.exit_code}, {outcome_of(event.exit_code)}: "
            f"{self.tally.sentence()} in {say_duration(event.elapsed_ms)}",
            exit_code=event.exit_code,
            elapsed_ms=event.elapsed_ms,
            planned=len(self.tally.planned),
            counts={outcome.value: count for outcome, count in self.tally.counts.items()},
            note="\n".join(notes) or None,
            error=LogError(message=first, stack_trace=more) if first and event.exit_code else None,
        )

    def _file(self, scenario: str, step: StepFinished | None) -> FileLine | None:
        for check in step.checks if step else ():
            if check.outcome is Outcome.FAILED and check.at:
                return FileLine(path=check.at.path, line=check.at.line)
        planned = self.tally.planned.get(scenario)
        return None if planned is None else FileLine(path=planned.path, line=planned.line)

    def _write(self, record: Record, level: Level, message: str, **fields: Any) -> None:
        event: Event = record.event
        self._put(
            LogEntry(
                time=record.time,
                level=level,
                message=one_line(message),
                kind=event.kind,
                **self._place(),
                **fields,
            )
        )

    def _place(self) -> dict[str, Any]:
        return {"run": self.tally.run, "shard": self.tally.shard or None}

    def _put(self, entry: LogEntry) -> None:
        self._write_entry(entry)
        self._written = self._clock()

    def _quiet_s(self) -> float:
        return self._clock() - self._written


def _error(
    finished: ScenarioFinished | ExecutionFinished, step: StepFinished | None
) -> LogError | None:
    message = finished.message or (step.message if step else None) or ""
    text = render_failure(finished, step)
    if not text:
        return None
    first, *_ = (message or text).splitlines()
    return LogError(message=first, stack_trace=text if text != first else None)
