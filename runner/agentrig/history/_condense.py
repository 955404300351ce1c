"""A run's summary, read as what anybody may have written, and made small."""

from __future__ import annotations

import datetime as dt
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from agentrig.errors import ReportError
from agentrig.events import Outcome
from agentrig.history._run import Metric, Result, Run
from agentrig.reporters import Tally
from agentrig.reporters.summary import encode_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentrig.events import Record

__all__ = ["condense", "condense_records"]

# What a page has room for, and what thousands of runs have memory for.
_MOST_TEXT = 300
_MOST_ID = 1000
_MOST_METRICS = 50
# A year; what claims to have taken longer is no time.
_MOST_MS = 365 * 24 * 3600 * 1000.0
# Sums of larger numbers overflow.
_MOST_VALUE = 1e100
_NEVER_BEGUN = "the run ended before it began"


class _Metric(Struct):
    name: str
    value: float | None = None
    unit: str | None = None


class _Iterations(Struct):
    total: int = 0


class _Scenario(Struct):
    id: str
    outcome: Outcome
    name: str | None = None
    agent: str | None = None
    elapsed_ms: float | None = None
    message: str | None = None
    flaky: bool = False
    iterations: _Iterations | None = None
    metrics: tuple[_Metric, ...] = ()


class _Source(Struct):
    commit: str | None = None


class _Summary(Struct):
    schema: int
    run: str
    exit_code: int
    started: str
    elapsed_ms: float | None = None
    message: str | None = None
    source: _Source | None = None
    commit: str | None = None
    labels: dict[str, str] = {}
    shard: int | None = None
    attempt: int | None = None
    scenarios: tuple[_Scenario, ...] = ()
    not_run: tuple[str, ...] = ()


_DECODER = msgspec.json.Decoder(_Summary)


def condense(summary: bytes, *, place: str, report: str | None = None) -> Run:
    """Make a `summary.json` small. Raises ReportError for what is none, naming `place`."""
    found = _decode(summary, place)
    results = {one.id: _result(one) for one in found.scenarios}
    for scenario in found.not_run:
        results.setdefault(scenario, Result(_cut(scenario, _MOST_ID), Outcome.NOT_RUN))
    commit = found.commit or (found.source.commit if found.source else None)
    return Run(
        run=_cut(found.run, _MOST_TEXT),
        place=place,
        shard=found.shard or 0,
        attempt=found.attempt or 0,
        begin_ms=_moment(found.started, place),
        exit_code=found.exit_code,
        finished=found.elapsed_ms is not None,
        elapsed_ms=_time(found.elapsed_ms),
        commit=_cut(commit, _MOST_TEXT) if commit else None,
        labels=tuple(
            (_cut(name, _MOST_TEXT), _cut(value, _MOST_TEXT))
            for name, value in list(found.labels.items())[:_MOST_METRICS]
        ),
        message=_cut(found.message, _MOST_TEXT) if found.message else None,
        report=report,
        results=tuple(results.values()),
    )


def condense_records(records: Iterable[Record], *, place: str, report: str | None = None) -> Run:
    """Make a run small whose journal, or merged journals, are at hand. Raises ReportError."""
    tally = Tally()
    for record in records:
        tally.receive(record)
    if tally.started is None:
        raise ReportError(f"{place}: {_NEVER_BEGUN}")
    return condense(encode_summary(tally), place=place, report=report)


def _decode(summary: bytes, place: str) -> _Summary:
    try:
        found = _DECODER.decode(summary)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportError(f"{place}: not a summary of a run: {error}") from error
    if found.schema != 1:
        raise ReportError(f"{place}: its summary is of a newer agentrig (schema {found.schema})")
    return found


def _result(one: _Scenario) -> Result:
    elapsed = _time(one.elapsed_ms)
    if elapsed is not None and one.iterations and one.iterations.total > 1:
        elapsed /= one.iterations.total
    passed = one.outcome is Outcome.PASSED
    return Result(
        id=_cut(one.id, _MOST_ID),
        outcome=one.outcome,
        name=_cut(one.name, _MOST_TEXT) if one.name else None,
        agent=_cut(one.agent, _MOST_TEXT) if one.agent else None,
        elapsed_ms=None if elapsed is None else round(elapsed, 3),
        flaky=one.flaky and passed,
        message=_cut(one.message, _MOST_TEXT) if one.message and not passed else None,
        metrics=tuple(_metrics(one.metrics)),
    )


def _metrics(given: Sequence[_Metric]) -> Iterable[Metric]:
    found: dict[str, list[_Metric]] = {}
    for one in given:
        if one.value is not None and abs(one.value) <= _MOST_VALUE:
            found.setdefault(_cut(one.name, _MOST_TEXT), []).append(one)
    for name, several in list(found.items())[:_MOST_METRICS]:
        unit = several[-1].unit
        value = fmean(one.value for one in several if one.value is not None)
        yield Metric(name, value, _cut(unit, _MOST_TEXT) if unit else None)


def _time(ms: float | None) -> float | None:
    return ms if ms is not None and 0 <= ms <= _MOST_MS else None


def _moment(text: str, place: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise ReportError(f"{place}: its summary begins at no time: '{_cut(text, 40)}'")
    return round(moment.timestamp() * 1000)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
