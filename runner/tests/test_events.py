from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from agentrig.events import (
    EVENT_KINDS,
    CheckResult,
    Event,
    Exchange,
    Iterations,
    Latency,
    Outcome,
    Planned,
    Record,
    ScenarioStarted,
)

if TYPE_CHECKING:
    import msgspec

RECORDS = [*EVENT_KINDS.values(), CheckResult, Exchange, Iterations, Latency, Planned, Record]


def test_every_event_has_a_wire_name_and_a_version() -> None:
    """The names are in journals that are kept: they may be added to, and not changed."""
    assert {kind: cls.version for kind, cls in EVENT_KINDS.items()} == {
        "run.started": 1,
        "run.continued": 1,
        "scenario.started": 1,
        "step.started": 1,
        "step.finished": 1,
        "execution.finished": 1,
        "metric.recorded": 1,
        "data.recorded": 1,
        "artifact.saved": 1,
        "scenario.finished": 1,
        "run.progressed": 1,
        "limit.checked": 1,
        "trouble.found": 1,
        "run.finished": 1,
    }


def test_every_event_class_can_be_read_back() -> None:
    assert set(EVENT_KINDS.values()) == set(Event.__subclasses__())
    assert all(cls.kind == kind for kind, cls in EVENT_KINDS.items())


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_records_are_frozen_and_keyword_only(cls: type[msgspec.Struct]) -> None:
    assert cls.__struct_config__.frozen
    parameters = inspect.signature(cls).parameters.values()
    assert {one.kind for one in parameters} == {inspect.Parameter.KEYWORD_ONLY}


def test_an_event_cannot_be_changed() -> None:
    event = ScenarioStarted(scenario="a")
    with pytest.raises(AttributeError):
        event.scenario = "b"  # type: ignore[misc]  # the point of it


def test_outcomes_are_the_words_of_every_report() -> None:
    assert [one.value for one in Outcome] == [
        "passed",
        "failed",
        "error",
        "skipped",
        "interrupted",
        "not_run",
    ]
