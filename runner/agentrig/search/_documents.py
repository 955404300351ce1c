"""The documents of a search index, made of records alone: one for each scenario, one for the run.

A document has the fields of pytest-elk-reporter's, with their names and meanings, and agentrig's
own beside them. `_mapping.py` lists them all.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from agentrig._redact import cut
from agentrig.events import (
    ArtifactSaved,
    DataRecorded,
    ExecutionFinished,
    Language,
    LimitChecked,
    MetricRecorded,
    Outcome,
    Planned,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
    TroubleFound,
)
from agentrig.search._failure import failure_fields
from agentrig.search._fields import UserFields, field_name
from agentrig.search._mapping import KEYWORDS, PROPERTIES
from agentrig.search._run_document import RunState, run_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.events import Event, Record

__all__ = ["Document", "Documents"]

MAX_STEPS = 200
MAX_METRICS = 200
MAX_ARTIFACTS = 50
MAX_LABELS = 50
MAX_NAME = 500
MAX_AGAIN = 2_000

# Whose time is that of an answer; `wait` and the like take theirs for other reasons.
_REQUESTS = frozenset({"chat", "http", "stream"})
_VERDICTS = frozenset({Outcome.PASSED, Outcome.FAILED})
# A number, so that its mean is the pass rate; of what has no verdict it is not there.
_PASSED = {Outcome.PASSED: {"passed": 1}, Outcome.FAILED: {"passed": 0}}


class Document(Struct, frozen=True):
    """A document to be indexed: again with the same `id`, it replaces one of a lower `version`.

    `id` follows from the run and the scenario alone, `version` is the attempt's number.
    """

    id: str
    version: int
    body: dict[str, Any]

    def plain(self) -> Document:
        """Give the document without fields of users, for an index that has refused it with them.

        They are kept as text, where they can be read and not be searched for.
        """
        known = {name: value for name, value in self.body.items() if name in PROPERTIES}
        others = {name: value for name, value in self.body.items() if name not in PROPERTIES}
        labels = known.pop("labels", {})
        text = msgspec.json.encode({**others, "labels": labels}).decode()
        unindexed = {**known.get("unindexed", {}), "refused": text}
        return Document(self.id, self.version, {**known, "unindexed": unindexed})


class _Open(Struct):
    """What is known of a scenario that has not ended."""

    kinds: dict[int, str] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    steps_total: int = 0
    bad_step: StepFinished | None = None
    executions: int = 1
    metrics: list[MetricRecorded] = field(default_factory=list)
    artifacts: list[ArtifactSaved] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


class Documents:
    """Makes the documents of a run, each as soon as it is whole.

    What is kept of a scenario is let go when it has ended. But scenarios run before Python tests,
    whose fixtures may say more of the session: up to 2,000 documents are kept until the first of
    these tests has ended, and given once more, with the same id and version, if there is more.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._planned: dict[str, Planned] = {}
        self._open: dict[str, _Open] = {}
        self._sessions: dict[int, dict[str, Any]] = {}
        self._whole: RunState | None = None
        self._parts: dict[int, RunState] = {}
        self._again: dict[int, list[Document]] = {}

    @property
    def open(self) -> int:
        """How many scenarios are remembered because they have not ended."""
        return len(self._open)

    def receive(self, record: Record) -> Iterator[Document]:
        """Take the next record; give the documents that are whole with it."""
        match record.event:
            case ScenarioFinished() as event:
                document = self._finish_scenario(event, record)
                self._keep(document, record.shard)
                yield document
            case DataRecorded(scenario=None) as event:
                self._sessions[record.shard] = _object_of(event.data)
                yield from self._with_session(record.shard)
            case DataRecorded(scenario=str(scenario)) as event:
                self._of(scenario).data |= _object_of(event.data)
            case RunStarted() | RunFinished() | LimitChecked() | TroubleFound():
                yield from self._receive_run(record)
            case event:
                self._add(event)

    def _add(self, event: Event) -> None:
        """Take what belongs to a scenario that has not ended."""
        match event:
            case StepStarted():
                self._of(event.scenario).kinds[event.step] = event.step_kind
            case StepFinished():
                self._add_step(event)
            case ScenarioStarted():
                self._open[event.scenario] = _Open(data=self._of(event.scenario).data)
            case ExecutionFinished():
                last = self._of(event.scenario)
                self._open[event.scenario] = _Open(
                    executions=event.number + 1,
                    metrics=last.metrics,
                    artifacts=last.artifacts,
                    data=last.data,
                )
            case MetricRecorded():
                if len(metrics := self._of(event.scenario).metrics) < MAX_METRICS:
                    metrics.append(event)
            case ArtifactSaved():
                if len(artifacts := self._of(event.scenario).artifacts) < MAX_ARTIFACTS:
                    artifacts.append(event)

    def close(self) -> Iterator[Document]:
        """Give the run's document where the records have no end, as of a run that was killed."""
        for shard, state in self._states():
            if state.last and not state.finished:
                yield self._run_document(state, state.last, shard)

    def _of(self, scenario: str) -> _Open:
        return self._open.setdefault(scenario, _Open())

    def _add_step(self, event: StepFinished) -> None:
        scenario = self._of(event.scenario)
        scenario.steps_total += 1
        kind = scenario.kinds.pop(event.step, None)
        if event.outcome not in {Outcome.PASSED, Outcome.SKIPPED} and not scenario.bad_step:
            scenario.bad_step = event
        if len(scenario.steps) < MAX_STEPS:
            step = {
                "name": cut(event.name, MAX_NAME),
                "kind": kind,
                "phase": event.phase,
                "outcome": event.outcome,
                "duration_ms": event.elapsed_ms,
                "attempts": event.attempts,
            }
            scenario.steps.append(
                {name: value for name, value in step.items() if value is not None}
            )

    def _keep(self, document: Document, shard: int) -> None:
        kept = self._again.get(shard)
        if kept is None:
            return
        if document.body.get("language") is Language.PYTHON:
            del self._again[shard]
        elif len(kept) < MAX_AGAIN:
            kept.append(document)

    def _with_session(self, shard: int) -> Iterator[Document]:
        """Give documents once more that lack what is now known of the session."""
        kept = self._again.get(shard, [])
        for place, document in enumerate(kept):
            body = dict(document.body)
            users = UserFields(body)
            # What a scenario measured is its own.
            own = {field_name(one["name"]) for one in body.get("metrics", ())}
            own.add("response_latency_ms")
            session = self._session(shard)
            users.put({name: session[name] for name in session if field_name(name) not in own})
            users.finish()
            if body != document.body:
                kept[place] = Document(document.id, document.version, body)
                yield kept[place]

    def _receive_run(self, record: Record) -> Iterator[Document]:
        event = record.event
        if isinstance(event, RunStarted):
            for planned in event.planned:
                self._planned[planned.id] = planned
            if any(planned.language is Language.PYTHON for planned in event.planned):
                self._again[record.shard] = []
            if record.shard and self._whole is not None:
                self._parts[record.shard] = RunState(started=event, begin=record.time)
            else:
                self._whole = RunState(started=event, begin=record.time, shard=record.shard)
            return
        state = self._state(record.shard)
        state.receive(event)
        if isinstance(event, RunFinished):
            yield self._run_document(state, record, record.shard)

    def _state(self, shard: int) -> RunState:
        if self._whole is None:
            self._whole = RunState(shard=shard)
        return self._parts.get(shard, self._whole)

    def _states(self) -> list[tuple[int, RunState]]:
        whole = [(self._whole.shard, self._whole)] if self._whole else []
        return [*whole, *self._parts.items()]

    def _finish_scenario(self, event: ScenarioFinished, record: Record) -> Document:
        scenario = self._open.pop(event.scenario, _Open())
        planned = self._planned.get(event.scenario)
        for state in {
            id(one): one for one in (self._whole, self._state(record.shard)) if one
        }.values():
            state.count(event, record)
        seconds = round(event.elapsed_ms / 1000, 6)
        body: dict[str, Any] = {
            "@timestamp": record.time,
            "timestamp": record.time,
            "kind": "test",
            "test_id": event.scenario,
            "name": event.scenario,
            "outcome": event.outcome,
            **_PASSED.get(event.outcome, {}),
            "duration": seconds,
            "duration_seconds": seconds,
            "flaky": event.flaky,
            "executions": scenario.executions,
            **_planned_fields(planned),
            **self._common(record),
            **failure_fields(event, scenario.bad_step, planned),
            **_found_fields(event, scenario),
        }
        users = UserFields(body)
        users.put(self._session(record.shard))
        users.put_numbers(_numbers(scenario))
        users.put(scenario.data)
        users.finish()
        return Document(_id(record.run, "test", event.scenario), record.attempt, body)

    def _run_document(self, state: RunState, record: Record, shard: int) -> Document:
        body = {
            "@timestamp": record.time,
            "timestamp": record.time,
            "kind": "run",
            **self._common(record),
            **run_fields(state, missing=self._missing(state)),
        }
        users = UserFields(body)
        users.put(self._session(shard))
        users.finish()
        return Document(_id(record.run, "run", str(shard)), record.attempt, body)

    def _missing(self, state: RunState) -> list[str]:
        planned = state.started.planned if state.started else ()
        return [one.id for one in planned if one.id not in state.outcomes]

    def _session(self, shard: int) -> dict[str, Any]:
        return self._sessions.get(shard) or self._sessions.get(0, {})

    def _common(self, record: Record) -> dict[str, Any]:
        state = self._state(record.shard)
        fields: dict[str, Any] = {
            "run": record.run,
            "shard": record.shard,
            "attempt": record.attempt,
        }
        if started := state.started:
            fields |= _started_fields(started)
            fields["session_start_time"] = state.begin
        return fields


def _id(run: str, kind: str, name: str) -> str:
    # Any byte may stand in a scenario's name, and an id has at most 512.
    of = f"{run}\0{kind}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(of).hexdigest()[:40]


def _object_of(text: str) -> dict[str, Any]:
    """Read the object of a DataRecorded; what is none, as in a journal from elsewhere, is empty."""
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _planned_fields(planned: Planned | None) -> dict[str, Any]:
    if planned is None:
        return {}
    fields = {
        "title": planned.name,
        "path": planned.path,
        "line": planned.line,
        "language": planned.language,
        "tags": list(planned.tags),
        "markers": list(planned.tags),
    }
    return fields | ({"agent": planned.agent} if planned.agent else {})


def _started_fields(started: RunStarted) -> dict[str, Any]:
    labels = dict(started.labels[:MAX_LABELS])
    commit = started.commit
    source = started.source
    fields: dict[str, Any] = {
        "shards": started.shards,
        "via": started.via,
        "namespace": started.namespace,
        "agentrig_version": started.agentrig_version,
        "python_version": started.python_version,
        "labels": {name: value for key, value in labels.items() if (name := field_name(key))},
        "commit": commit,
        "git_commit_sha": commit,
        "git_commit_sha_short": commit[:7] if commit else None,
        "git_repo": source.url if source and source.kind == "git" else None,
        "git_branch": source.ref if source else None,
        "source": msgspec.to_builtins(source),
    }
    fields |= {name: value for name, value in labels.items() if name in KEYWORDS}
    return {name: value for name, value in fields.items() if value not in (None, {})}


def _found_fields(event: ScenarioFinished, scenario: _Open) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if scenario.steps:
        fields |= {"steps": scenario.steps, "steps_total": scenario.steps_total}
    if scenario.metrics:
        fields["metrics"] = [
            {"name": cut(one.name, MAX_NAME), "value": one.value}
            | ({"unit": one.unit} if one.unit else {})
            for one in scenario.metrics
        ]
    if event.iterations:
        fields["iterations"] = msgspec.to_builtins(event.iterations)
    if scenario.artifacts:
        fields["artifacts"] = [
            {
                "name": one.name,
                "path": one.path,
                "media_type": one.media_type,
                "size": one.size,
            }
            for one in scenario.artifacts
        ]
    return fields


def _numbers(scenario: _Open) -> dict[str, list[float]]:
    """Give the metrics by name, and the time of answers where the test recorded none."""
    numbers: dict[str, list[float]] = {}
    for metric in scenario.metrics:
        numbers.setdefault(metric.name, []).append(metric.value)
    times = [
        step["duration_ms"]
        for step in scenario.steps
        if step.get("kind") in _REQUESTS and step["attempts"] == 1 and step["outcome"] in _VERDICTS
    ]
    if times and "response_latency_ms" not in scenario.data:
        numbers.setdefault("response_latency_ms", times)
    return numbers
