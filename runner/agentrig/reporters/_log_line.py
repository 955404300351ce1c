"""Lines of a runner's log, read back: how far a run is, for whoever follows it."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from agentrig.events import Outcome, RunFinished, RunStarted, ScenarioFinished

__all__ = ["LogLine", "read_log_line"]

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
# What `kubectl logs` puts before a line: [pod/NAME/CONTAINER] for --prefix, a time for --timestamps.
_PREFIX = rf"(?:\[[^\]\s]{{1,400}}\] )?(?:{_TIME} )?"
_JSON = re.compile(rf"{_PREFIX}(?=\{{)")
_TEXT = re.compile(rf"{_PREFIX}{_TIME} (?:INFO |WARN |ERROR) (?=\S)")
_STARTED = re.compile(r"run started: (\d{1,9}) planned(?: |$)")
_SCENARIO = re.compile(
    r"(\d{1,9})/(\d{1,9}) (passed|failed|error|skipped|interrupted|not run)"
    r"(?: in \d+(?:\.\d\d)? m?s)?(, flaky)? · (.*)"
)
_FINISHED = re.compile(r"run finished, exit code (\d{1,3}), \w{1,20}: ")


class LogLine(Struct, frozen=True, kw_only=True):
    """What a line of a log says of the run's progress.

    `kind` is that of the event: a run that started (`planned`), a scenario that finished
    (`finished` of `planned` have, `scenario` is its identity), a run that finished (`exit_code`).
    """

    kind: str
    planned: int | None = None
    finished: int | None = None
    scenario: str | None = None
    outcome: Outcome | None = None
    flaky: bool = False
    exit_code: int | None = None


_Count = Annotated[int, Meta(ge=0, lt=1_000_000_000)]


class _Object(Struct, frozen=True, kw_only=True):
    kind: str
    planned: _Count | None = None
    finished: _Count | None = None
    scenario: str | None = None
    outcome: str | None = None
    flaky: bool = False
    exit_code: Annotated[int, Meta(ge=0, le=255)] | None = None


def read_log_line(line: str) -> LogLine | None:
    """Read a line of either format; None for one that says nothing of the run's progress.

    Prefixes of `kubectl logs --prefix` and `--timestamps` are passed over. Any text may come.
    """
    if found := _JSON.match(line):
        return _read_object(line[found.end() :])
    if found := _TEXT.match(line):
        return _read_text(line[found.end() :].rstrip("\r\n"))
    return None


def _read_object(text: str) -> LogLine | None:
    try:
        read = msgspec.json.decode(text, type=_Object)
    except (ValueError, RecursionError):
        return None
    match read:
        case _Object(kind=RunStarted.kind, planned=int(planned)):
            return LogLine(kind=read.kind, planned=planned)
        case _Object(
            kind=ScenarioFinished.kind,
            planned=int(planned),
            finished=int(finished),
            scenario=str(scenario),
            outcome=str(outcome),
        ) if outcome in set(Outcome):
            return LogLine(
                kind=read.kind,
                planned=planned,
                finished=finished,
                scenario=scenario,
                outcome=Outcome(outcome),
                flaky=read.flaky,
            )
        case _Object(kind=RunFinished.kind, exit_code=int(exit_code)):
            return LogLine(kind=read.kind, exit_code=exit_code)
    return None


def _read_text(text: str) -> LogLine | None:
    if found := _SCENARIO.fullmatch(text):
        return LogLine(
            kind=ScenarioFinished.kind,
            finished=int(found[1]),
            planned=int(found[2]),
            outcome=Outcome(found[3].replace(" ", "_")),
            flaky=bool(found[4]),
            scenario=found[5],
        )
    if found := _STARTED.match(text):
        return LogLine(kind=RunStarted.kind, planned=int(found[1]))
    if found := _FINISHED.match(text):
        return LogLine(kind=RunFinished.kind, exit_code=int(found[1]))
    return None
