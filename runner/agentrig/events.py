"""What happens in a run, as frozen records: the only source of every report.

An event says what happened; a `Record` adds which run, shard and attempt it belongs to, its
place in their sequence, and when. Each event class carries its wire name (`kind`) and the
version of its shape (`version`), which grows when a field changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from agentrig.errors import Position  # noqa: TC001  # the journal's reader resolves it

__all__ = [
    "EVENT_KINDS",
    "CheckResult",
    "Event",
    "Exchange",
    "Language",
    "Outcome",
    "Phase",
    "Planned",
    "Record",
    "RunFinished",
    "RunStarted",
    "ScenarioFinished",
    "ScenarioStarted",
    "StepFinished",
    "StepStarted",
]


class Outcome(StrEnum):
    """How a check, a step, a scenario or a run ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """Infrastructure broke: no verdict."""
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    """Begun, but ended before its end."""
    NOT_RUN = "not_run"
    """Planned, but never begun."""


class Phase(StrEnum):
    """Which list of a scenario a step stands in."""

    SETUP = "setup"
    STEPS = "steps"
    TEARDOWN = "teardown"


class Language(StrEnum):
    """What a scenario is written in; a test of a Python module is recorded as a scenario too."""

    YAML = "yaml"
    PYTHON = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One scenario that a run set out to do; `id` is unique within the run."""

    id: str
    name: str
    path: str
    line: int
    language: Language
    agent: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came back, redacted and cut to size; header names in lower case.

    `redirects` were followed on the way; `status` is None when no response came.
    """

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str | None = None
    redirects: tuple[str, ...] = ()
    status: int | None = None
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One assertion: `check` names it, `message` says why it failed, `at` is its line."""

    check: str
    outcome: Outcome
    message: str | None = None
    at: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all events."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run begins; `planned` is all that it set out to do, in the order of its report."""

    kind: ClassVar[str] = "run.started"
    agentrig_version: str
    python_version: str
    via: str
    namespace: str
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStarted(Event):
    """A scenario begins."""

    kind: ClassVar[str] = "scenario.started"
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """A step begins; `step` counts from 0 within its scenario."""

    kind: ClassVar[str] = "step.started"
    scenario: str
    step: int
    name: str
    step_kind: str
    phase: Phase = Phase.STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(Event):
    """A step ended after so many `attempts`.

    `exchange` is kept only for a step that did not pass.
    """

    kind: ClassVar[str] = "step.finished"
    scenario: str
    step: int
    name: str
    outcome: Outcome
    elapsed_ms: float
    checks: tuple[CheckResult, ...] = ()
    exchange: Exchange | None = None
    message: str | None = None
    phase: Phase = Phase.STEPS
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished(Event):
    """A scenario ended; `message` says why it did not pass, `details` is a trace or output."""

    kind: ClassVar[str] = "scenario.finished"
    scenario: str
    outcome: Outcome
    elapsed_ms: float
    message: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run is over; the last event of every run that was not killed."""

    kind: ClassVar[str] = "run.finished"
    exit_code: int
    elapsed_ms: float
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event in its place: `seq` counts from 0 per run, shard and attempt; `time` is UTC."""

    run: str
    shard: int
    attempt: int
    seq: int
    time: str
    event: Event


EVENT_KINDS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        RunStarted,
        ScenarioStarted,
        StepStarted,
        StepFinished,
        ScenarioFinished,
        RunFinished,
    )
}
