"""The way from whoever makes an event to every reporter."""

from __future__ import annotations

import datetime as dt
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agentrig._secrets import Secrets
from agentrig.errors import ReportError, ReportWarning, words_of
from agentrig.events import Event, Record, RunFinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["EventStream", "Replayed", "Reporter", "replay", "utc_now"]


EventT = TypeVar("EventT", bound=Event)


class Reporter(Protocol):
    """Makes a report of a run from its records alone.

    It may have `ignores`, a collection of event classes: records of these it is not given. What is
    told of every step costs the time of every step.
    """

    def receive(self, record: Record) -> None:
        """Take the next record. Called by one thread at a time, in the order of `seq`."""

    def close(self) -> None:
        """Write what is still to be written; nothing comes after it."""


def utc_now() -> dt.datetime:
    """Give the time of day."""
    return dt.datetime.now(dt.UTC)


def _now_ms() -> int:
    """Give the time of day, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


# A millisecond has more than one event when it matters; writing a time takes 1 µs.
@lru_cache(maxsize=1)
def _written(time_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(time_ms / 1000, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EventStream:
    """Numbers and stamps events, and hands them to the reporters. Safe for threads.

    A reporter that raises is left out from then on: the others go on, and its problem is kept in
    `problems`, because results that cannot be written are trouble of the infrastructure. What it
    says by a ReportWarning is kept in `warnings`, and changes no exit code.
    """

    def __init__(
        self,
        *,
        run: str,
        reporters: Sequence[Reporter],
        secrets: Secrets | None = None,
        shard: int = 0,
        attempt: int = 0,
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        """Begin the sequence of one attempt of one shard of a run; `secrets` are hidden in all.

        `shard` counts from 1, and is 0 in a run that is not split. `now_ms` gives the time of day,
        in milliseconds since the epoch.
        """
        self.run = run
        self._reporters = _Reporters(reporters)
        self.problems = self._reporters.problems
        self.warnings = self._reporters.warnings
        self.secrets = secrets or Secrets()
        self._shard = shard
        self._attempt = attempt
        self._now_ms = now_ms
        self._seq = 0
        self._lock = threading.Lock()

    def add(self, reporter: Reporter) -> None:
        """Take one more reporter, which is the first to end. Nothing has been recorded yet."""
        with self._lock:
            self._reporters.add(reporter)

    def publish(self, event: EventT) -> EventT:
        """Record an event; give it as it was recorded, without secrets."""
        event = self.secrets.hide(event)
        with self._lock:
            self._reporters.receive(self._next(event))
        return event

    def take(self, records: Iterable[Record]) -> None:
        """Hand records on as they are: those that an earlier attempt made, without secrets."""
        with self._lock:
            for record in records:
                self._reporters.receive(record)

    def finish(self, event: RunFinished) -> int:
        """Record the last event and close the reporters; give the run's exit code.

        Those that receive first end last. A report that cannot be written makes an exit code of 0
        into 3, for all that end after it as well: so the journal, which comes first, is right.
        """
        event = self.secrets.hide(event)
        with self._lock:
            return self._reporters.finish(self._next(event), event)

    def _next(self, event: Event) -> Record:
        record = Record(
            run=self.run,
            shard=self._shard,
            attempt=self._attempt,
            seq=self._seq,
            time=_written(self._now_ms()),
            event=event,
        )
        self._seq += 1
        return record


class Replayed(Struct, frozen=True, kw_only=True):
    """What came of a replay; `exit_code` is that of the run's end, None if there was none."""

    exit_code: int | None
    problems: list[ReportError]
    warnings: list[str]


def replay(records: Iterable[Record], reporters: Sequence[Reporter]) -> Replayed:
    """Give records that were made before to the reporters, and close them.

    What keeps reports from being written makes an exit code of 0 into 3, as in `EventStream`.
    """
    to = _Reporters(reporters)
    last: Record | None = None
    for record in records:
        if last is not None:
            to.receive(last)
        last = record
    if last is not None and isinstance(last.event, RunFinished):
        code = to.finish(last, last.event)
        return Replayed(exit_code=code, problems=to.problems, warnings=to.warnings)
    if last is not None:
        to.receive(last)
    to.close()
    return Replayed(exit_code=None, problems=to.problems, warnings=to.warnings)


class _Reporters:
    """Those that have not failed yet, and why the others did."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self.problems: list[ReportError] = []
        self.warnings: list[str] = []
        self._reporters = list(reporters)
        self._takers: dict[type[Event], list[Reporter]] = {}

    def add(self, reporter: Reporter) -> None:
        self._reporters.append(reporter)
        self._takers = {}

    def receive(self, record: Record) -> None:
        kind = type(record.event)
        takers = self._takers.get(kind)
        if takers is None:
            takers = [one for one in self._reporters if kind not in getattr(one, "ignores", ())]
            self._takers[kind] = takers
        for reporter in takers:
            try:
                reporter.receive(record)
            except Exception as error:  # noqa: BLE001  # the border of the reporters' layer
                self._leave_out(reporter, error)

    def finish(self, record: Record, event: RunFinished) -> int:
        for reporter in reversed(list(self._reporters)):
            try:
                reporter.receive(record)
                reporter.close()
            except Exception as error:  # noqa: BLE001  # the border of the reporters' layer
                self._leave_out(reporter, error)
            if self.problems and event.exit_code == 0:
                event = replace(event, exit_code=ReportError.exit_code)
                record = replace(record, event=event)
        return event.exit_code

    def close(self) -> None:
        for reporter in reversed(list(self._reporters)):
            try:
                reporter.close()
            except Exception as error:  # noqa: BLE001  # the border of the reporters' layer
                self._leave_out(reporter, error)

    def _leave_out(self, reporter: Reporter, error: Exception) -> None:
        self._reporters.remove(reporter)
        self._takers = {}
        if isinstance(error, ReportWarning):
            self.warnings.append(str(error))
            return
        if isinstance(error, ReportError):
            self.problems.append(error)
            return
        problem = ReportError(f"{type(reporter).__name__} failed: {words_of(error)}")
        problem.__cause__ = error
        self.problems.append(problem)
