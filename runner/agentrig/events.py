"""What happens in a run, as frozen records: the only source of every report.

An event says what happened; a `Record` adds which run, shard and attempt it belongs to, its
place in their sequence, and when. Each event class carries its wire name (`kind`) and the
version of its shape (`version`), which grows when a field changes its meaning.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from agentrig.errors import Position  # noqa: TC001  # the journal's reader resolves it

__all__ = [
    "EVENT_KINDS",
    "ArtifactSaved",
    "CheckResult",
    "DataRecorded",
    "Event",
    "Exchange",
    "ExecutionFinished",
    "Iterations",
    "Language",
    "Latency",
    "LimitChecked",
    "MetricRecorded",
    "Outcome",
    "Phase",
    "Planned",
    "Record",
    "RunContinued",
    "RunFinished",
    "RunProgressed",
    "RunStarted",
    "ScenarioFinished",
    "ScenarioStarted",
    "Source",
    "StepFinished",
    "StepStarted",
    "TroubleFound",
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


class Planned(Struct, frozen=True, kw_only=True):
    """One scenario that a run set out to do; `id` is unique within the run."""

    id: str
    name: str
    path: str
    line: int
    language: Language
    agent: str | None = None
    tags: tuple[str, ...] = ()


class Exchange(Struct, frozen=True, kw_only=True):
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


class CheckResult(Struct, frozen=True, kw_only=True):
    """One assertion: `check` names it, `message` says why it failed, `at` is its line."""

    check: str
    outcome: Outcome
    message: str | None = None
    at: Position | None = None


class Latency(Struct, frozen=True, kw_only=True):
    """How long steps took, in milliseconds; percentiles are within 1 % of the true ones."""

    steps: int
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Iterations(Struct, frozen=True, kw_only=True):
    """What came of executing again and again; an iteration that was cut short counts nowhere."""

    total: int
    passed: int
    failed: int
    errors: int
    latency: Latency | None = None


class Source(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a run's files were fetched from, as `agentrig fetch --record` writes it.

    `url` holds no credentials. Of Git (`kind` is `git`): the `ref` that was asked for, the whole
    name of its `commit`, and the `path` that is run. Of S3 (`s3`): how many `objects`, and the
    `digest` of their names and ETags.
    """

    kind: str
    url: str
    ref: str | None = None
    commit: str | None = None
    path: str | None = None
    objects: int | None = None
    digest: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """The root of all events."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1


class RunStarted(Event, frozen=True, kw_only=True):
    """A run begins; `planned` is all that it set out to do, in the order of its report.

    Of a run that is split, this is one of `shards` parts; which one, its records say. All parts
    together have `total` scenarios, and `places` says where each of `planned` stands among them,
    counted from 0. What merges the parts says it for all of them, in records of shard 0. `source`
    is where the files came from, if they were fetched, and `commit` the state of the code under
    test. `labels` are what else whoever started the run wants its results to be found by, such as
    `environment` or `model`.

    Of a run that another attempt may continue, `files` is a digest of the files of its plan, and
    `store` the address of the store that counts its attempts: without one, each of two pods may
    take its own for the first.
    """

    kind: ClassVar[str] = "run.started"
    agentrig_version: str
    python_version: str
    via: str
    namespace: str
    planned: tuple[Planned, ...]
    shards: int = 1
    source: Source | None = None
    total: int | None = None
    places: tuple[int, ...] = ()
    commit: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    files: str | None = None
    store: str | None = None


class RunContinued(Event, frozen=True, kw_only=True):
    """An attempt begins where earlier ones ended: `kept` scenarios of its plan have their verdicts.

    The records of those follow, as they were: of other `attempts` than the rest of the journal.
    `notes` say what could not be kept, and why.
    """

    kind: ClassVar[str] = "run.continued"
    attempts: tuple[int, ...]
    kept: int
    notes: tuple[str, ...] = ()


class ScenarioStarted(Event, frozen=True, kw_only=True):
    """A scenario begins."""

    kind: ClassVar[str] = "scenario.started"
    scenario: str


class StepStarted(Event, frozen=True, kw_only=True):
    """A step begins; `step` counts from 0 within its scenario."""

    kind: ClassVar[str] = "step.started"
    scenario: str
    step: int
    name: str
    step_kind: str
    phase: Phase = Phase.STEPS


class StepFinished(Event, frozen=True, kw_only=True):
    """A step ended after so many `attempts`.

    `exchange` is kept of a step that did not pass, and of all if the run was asked for it.
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


class ExecutionFinished(Event, frozen=True, kw_only=True):
    """A scenario was executed, and it is not over: it is retried, or repeated.

    `number` counts the executions of the scenario from 1. Of those that are repeated, only the
    first one that did not pass is told.
    """

    kind: ClassVar[str] = "execution.finished"
    scenario: str
    number: int
    outcome: Outcome
    elapsed_ms: float
    message: str | None = None
    details: str | None = None


class MetricRecorded(Event, frozen=True, kw_only=True):
    """A number that a test measured, such as a score; `unit` is free text, e.g. `ms`."""

    kind: ClassVar[str] = "metric.recorded"
    scenario: str
    name: str
    value: float
    unit: str | None = None


class DataRecorded(Event, frozen=True, kw_only=True):
    """What a test, or whoever set up its session, wants its results to be found by.

    `data` is the text of a JSON object. Without a `scenario` it is all that is known of the
    session, and takes the place of what was known before.
    """

    kind: ClassVar[str] = "data.recorded"
    scenario: str | None
    data: str


class ArtifactSaved(Event, frozen=True, kw_only=True):
    """A file that a test has left; `path` is relative to the results folder, `size` in bytes."""

    kind: ClassVar[str] = "artifact.saved"
    scenario: str
    name: str
    path: str
    media_type: str
    size: int


class ScenarioFinished(Event, frozen=True, kw_only=True):
    """A scenario ended; `message` says why it did not pass, `details` is a trace or output.

    `elapsed_ms` is that of its last execution, or of all `iterations` together; waiting for
    locks is not in it. A scenario is `flaky` that passed when it was executed again.
    """

    kind: ClassVar[str] = "scenario.finished"
    scenario: str
    outcome: Outcome
    elapsed_ms: float
    message: str | None = None
    details: str | None = None
    flaky: bool = False
    iterations: Iterations | None = None


class RunProgressed(Event, frozen=True, kw_only=True):
    """Where a run that repeats its scenarios stands; said every few seconds."""

    kind: ClassVar[str] = "run.progressed"
    elapsed_ms: float
    iterations: Iterations


class LimitChecked(Event, frozen=True, kw_only=True):
    """A limit of the whole run (`slo`) against what came; `actual` is None if nothing did."""

    kind: ClassVar[str] = "limit.checked"
    name: str
    limit: float
    actual: float | None
    outcome: Outcome


class TroubleFound(Event, frozen=True, kw_only=True):
    """Trouble of the infrastructure around a run, found by what collects its results.

    `reason` is one word, Kubernetes' own where it has one; `where` names the object or the shard.
    What was `overcome` cost no results, such as an attempt that was made again.
    """

    kind: ClassVar[str] = "trouble.found"
    reason: str
    where: str
    message: str
    hint: str | None = None
    overcome: bool = False


class RunFinished(Event, frozen=True, kw_only=True):
    """The run is over; the last event of every run that was not killed.

    `iterations` sums those of all scenarios, and is there if anybody asked: for a repetition, or
    for a limit.
    """

    kind: ClassVar[str] = "run.finished"
    exit_code: int
    elapsed_ms: float
    message: str | None = None
    iterations: Iterations | None = None


class Record(Struct, frozen=True, kw_only=True):
    """An event in its place: `seq` counts from 0 per run, shard and attempt; `time` is UTC.

    `attempt` counts from 1; records that are made of several attempts are of none, which is 0.
    """

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
        RunContinued,
        ScenarioStarted,
        StepStarted,
        StepFinished,
        ExecutionFinished,
        MetricRecorded,
        DataRecorded,
        ArtifactSaved,
        ScenarioFinished,
        RunProgressed,
        LimitChecked,
        TroubleFound,
        RunFinished,
    )
}
