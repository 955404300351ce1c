"""One run as history keeps it: small, checked, and without what only its own report needs."""

from __future__ import annotations

from msgspec import Struct

from agentrig.events import Outcome  # noqa: TC001  # the cache's reader resolves it

__all__ = ["Metric", "Result", "Run"]


class Metric(Struct, frozen=True, array_like=True):
    """A number that a scenario has measured; of several of one name, their mean."""

    name: str
    value: float
    unit: str | None = None


class Result(Struct, frozen=True, array_like=True):
    """What came of one scenario; one that was planned and never ended is `not_run`.

    `elapsed_ms` is the time of one execution, of a repeated scenario their mean, and None where
    nobody knows it, as is `name`. `message` is cut to what a table has room for.
    """

    id: str
    outcome: Outcome
    name: str | None = None
    agent: str | None = None
    elapsed_ms: float | None = None
    flaky: bool = False
    message: str | None = None
    metrics: tuple[Metric, ...] = ()


class Run(Struct, frozen=True, kw_only=True):
    """A run and all of its results; `begin_ms` counts from the epoch.

    `shard` is 0, and counts from 1 in what is but a part of a run, to be merged with the others.
    `attempt` counts from 1, and is 0 where nobody knows.
    `place` is where it was read, for messages, and `report` where its report.html lies from what
    was read, None if there is none. `finished` is False for a run that still goes on, or was
    killed.
    """

    run: str
    place: str
    begin_ms: int
    exit_code: int
    finished: bool
    shard: int = 0
    attempt: int = 0
    elapsed_ms: float | None = None
    commit: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    message: str | None = None
    report: str | None = None
    results: tuple[Result, ...] = ()
