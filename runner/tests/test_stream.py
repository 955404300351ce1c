from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest
from msgspec.structs import replace

from agentrig.errors import ReportError, ReportWarning
from agentrig.events import Event, Phase, Record, RunFinished, ScenarioStarted, StepStarted
from agentrig.stream import EventStream, replay


class Keep:
    """A reporter that keeps what it is given, or fails at a record."""

    def __init__(self, *, fails_at: int | None = None, fails_at_close: bool = False) -> None:
        self.records: list[Record] = []
        self.closed = 0
        self._fails_at = fails_at
        self._fails_at_close = fails_at_close

    def receive(self, record: Record) -> None:
        if record.seq == self._fails_at:
            raise OSError(28, "No space left on device")
        self.records.append(record)

    def close(self) -> None:
        if self._fails_at_close:
            raise ValueError("cannot close")
        self.closed += 1


END = RunFinished(exit_code=0, elapsed_ms=1.0)


def said(count: int) -> list[ScenarioStarted]:
    return [ScenarioStarted(scenario=str(number)) for number in range(count)]


def test_records_are_numbered_and_stamped_in_utc() -> None:
    keep = Keep()
    begin = dt.datetime(2026, 1, 2, 3, 4, 5, 999_000, tzinfo=dt.UTC)
    moments = itertools.count(round(begin.timestamp() * 1000))
    stream = EventStream(
        run="r", reporters=[keep], shard=3, attempt=2, now_ms=lambda: next(moments)
    )
    for event in said(2):
        stream.publish(event)
    times = ["2026-01-02T03:04:05.999Z", "2026-01-02T03:04:06.000Z"]
    assert keep.records == [
        Record(run="r", shard=3, attempt=2, seq=seq, time=time, event=event)
        for seq, (time, event) in enumerate(zip(times, said(2), strict=True))
    ]


def test_a_reporter_that_fails_is_left_out_and_told_once() -> None:
    before, broken, after = Keep(), Keep(fails_at=1), Keep()
    stream = EventStream(run="r", reporters=[before, broken, after])
    for event in said(4):
        stream.publish(event)
    assert stream.finish(END) == 3
    assert [len(one.records) for one in (before, broken, after)] == [5, 1, 5]
    assert [one.closed for one in (before, broken, after)] == [1, 0, 1]
    (problem,) = stream.problems
    assert isinstance(problem, ReportError)
    assert str(problem) == "Keep failed: [Errno 28] No space left on device"
    assert isinstance(problem.__cause__, OSError)


def test_a_reporter_whose_error_has_no_words_harms_no_other() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise self

    class Broken(Keep):
        def receive(self, record: Record) -> None:
            raise MuteError(record)

    after = Keep()
    stream = EventStream(run="r", reporters=[Broken(), after])
    stream.publish(said(1)[0])
    assert [str(one) for one in stream.problems] == ["Broken failed: <exception str() failed>"]
    assert len(after.records) == 1


def test_one_reporter_at_two_places_fails_at_both() -> None:
    broken = Keep(fails_at=0)
    stream = EventStream(run="r", reporters=[broken, broken])
    stream.publish(said(1)[0])
    assert len(stream.problems) == 2


def test_a_reporter_that_fails_at_its_close_is_told() -> None:
    broken, after = Keep(fails_at_close=True), Keep()
    stream = EventStream(run="r", reporters=[broken, after])
    assert stream.finish(END) == 3
    assert [str(one) for one in stream.problems] == ["Keep failed: cannot close"]
    assert after.closed == 1


@pytest.mark.parametrize(("code", "final"), [(0, 3), (1, 1), (2, 2), (5, 5)])
@pytest.mark.parametrize("at", ["receive", "close"])
def test_those_who_receive_first_end_last_and_know_what_failed(
    code: int, final: int, at: str
) -> None:
    """The journal is the first: it says the exit code that the process will have."""
    journal, last = Keep(), Keep()
    broken = Keep(fails_at=0) if at == "receive" else Keep(fails_at_close=True)
    stream = EventStream(run="r", reporters=[journal, broken, last])
    assert stream.finish(replace(END, exit_code=code)) == final
    codes = [
        record.event.exit_code
        for keep in (last, journal)
        for record in keep.records
        if isinstance(record.event, RunFinished)
    ]
    assert codes == [code, final]
    assert {record.seq for record in journal.records + last.records} == {0}


def test_a_problem_on_the_way_is_known_to_all_at_the_end() -> None:
    keep = Keep()
    stream = EventStream(run="r", reporters=[Keep(fails_at=0), keep])
    stream.publish(said(1)[0])
    assert stream.finish(END) == 3


def test_an_interrupt_is_not_taken_for_a_problem() -> None:
    class Interrupted(Keep):
        def receive(self, record: Record) -> None:  # noqa: ARG002  # the protocol
            raise KeyboardInterrupt

    stream = EventStream(run="r", reporters=[Interrupted()])
    with pytest.raises(KeyboardInterrupt):
        stream.publish(RunFinished(exit_code=0, elapsed_ms=1.0))
    assert stream.problems == []
    with pytest.raises(KeyboardInterrupt):
        stream.publish(RunFinished(exit_code=0, elapsed_ms=1.0))


def test_events_of_many_threads_reach_every_reporter_in_one_order() -> None:
    keeps = [Keep(), Keep()]
    stream = EventStream(run="r", reporters=keeps)

    def publish() -> None:
        for event in said(200):
            stream.publish(event)

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.seq for one in keeps[0].records] == list(range(1_600))
    assert keeps[0].records == keeps[1].records


class Warns(Keep):
    def close(self) -> None:
        raise ReportWarning("3 of 8 documents are still here: push them later")


def test_a_warning_is_told_and_changes_no_exit_code() -> None:
    keep = Keep()
    stream = EventStream(run="r", reporters=[keep, Warns()])
    assert stream.finish(END) == 0
    assert (stream.problems, keep.closed) == ([], 1)
    assert stream.warnings == ["3 of 8 documents are still here: push them later"]
    again = replay(keep.records, [Warns()])
    assert (again.exit_code, again.problems, again.warnings) == (0, [], stream.warnings)


class Ignores(Keep):
    ignores: tuple[type[Event], ...] = (StepStarted,)


def test_a_reporter_is_not_given_what_it_ignores() -> None:
    keep, ignores = Keep(), Ignores()
    breaks = Keep(fails_at=2)
    stream = EventStream(run="r", reporters=[breaks, keep, ignores])
    step = StepStarted(scenario="0", step=0, name="a", step_kind="http", phase=Phase.STEPS)
    for _ in range(2):
        for event in (*said(1), step):
            stream.publish(event)
    assert stream.finish(END) == 3
    assert [type(one.event) for one in keep.records] == [
        ScenarioStarted,
        StepStarted,
        ScenarioStarted,
        StepStarted,
        RunFinished,
    ]
    kept = [ScenarioStarted, ScenarioStarted, RunFinished]
    assert [type(one.event) for one in ignores.records] == kept
    assert len(breaks.records) == 2
    again = Ignores()
    replay(keep.records, [again])
    assert [type(one.event) for one in again.records] == kept
