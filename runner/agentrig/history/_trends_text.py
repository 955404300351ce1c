"""Trends for a terminal, in a screen, and for a script, with all points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from agentrig.history._text import run_facts, styled
from agentrig.history._trends import FLAKY_RUNS, RECENT_RUNS
from agentrig.history._verdicts import CODES
from agentrig.history._words import (
    say_commit,
    say_moment,
    say_number,
    say_run,
    say_share,
    say_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentrig.history._trends import RunPoint, Scenario, Trends

__all__ = ["trends_json", "trends_text"]

# The site has all; a terminal has some 40 lines.
_MOST = 5


def trends_text(found: Trends, problems: Sequence[str], *, colour: bool) -> str:
    """Write what matters most for a terminal; `problems` say what could not be read."""
    return "\n".join(styled(kind, text, colour=colour) for kind, text in _lines(found, problems))


def trends_json(found: Trends, problems: Sequence[str]) -> str:
    """Write all points: columns of one length per scenario, whose `runs` count from 0 in `runs`.

    Times are in ms, of the epoch and of durations; `outcomes` is a letter per run, which
    `letters` explains; null stands for a time that nobody knows.
    """
    content = {
        "schema": 1,
        "letters": CODES,
        "runs": [_run(run) for run in found.runs],
        "scenarios": [_scenario(found, one) for one in found.scenarios],
        "unreadable": list(problems),
    }
    return msgspec.json.encode(content).decode() + "\n"


def _lines(found: Trends, problems: Sequence[str]) -> Iterator[tuple[str, str]]:
    first, newest, last = found.runs[0], found.runs[-1], found.runs[found.last]
    count = f"{len(found.runs)} run{'s' * (len(found.runs) != 1)}"
    span = f"{say_moment(first.begin_ms)} to {say_moment(newest.begin_ms)} UTC"
    yield "title", f"{count} of {len(found.scenarios)} scenarios, {span}"
    kind = "good" if last.finished and last.exit_code == 0 else "bad"
    yield kind, f"last: {say_run(last)}: {say_verdict(last)}, {say_share(last.pass_rate)} passed"
    for name, values in found.mixed().items():
        some = ", ".join(value or "none" for value in values[:_MOST])
        yield "note", f"of several: {name} is {some}; choose one with --label {name}=..."
    yield from _list(
        "newly failing",
        [f"{_named(one)}  {_since(found, one)}" for one in found.newly_failing()],
        kind="bad",
    )
    yield from _list(
        "failing since they are known",
        [one.id for one in found.failing() if one.before is None],
        kind="bad",
    )
    yield from _list(
        f"fixed in the last {RECENT_RUNS} runs",
        [f"{_named(one)}  since {_in(found.runs[one.since or 0])}" for one in found.newly_fixed()],
    )
    yield from _list(
        f"flaky, in their last {FLAKY_RUNS} runs", [_flaky(one) for one in found.flakiest()]
    )
    yield from _list(
        f"slowest, by the median of the last {RECENT_RUNS} times",
        [f"{one.id}  {say_number(median, 'ms')}" for one, median in found.slowest()],
    )
    yield from _list(
        f"without a verdict in the last {RECENT_RUNS} runs",
        [one.id for one in found.never_run_lately()],
    )
    unfinished = [say_run(one) for one in found.runs if not one.finished]
    yield from _list("without an end: they were killed, or still go on", unfinished)
    yield from _list("not to be read", problems, kind="bad")


def _list(title: str, rows: Sequence[str], *, kind: str = "title") -> Iterator[tuple[str, str]]:
    if not rows:
        return
    yield "", ""
    yield kind, f"{title} ({len(rows)})"
    for row in rows[:_MOST]:
        yield "", f"  {row}"
    if len(rows) > _MOST:
        yield "note", f"  and {len(rows) - _MOST} more"


def _named(one: Scenario) -> str:
    """Name a scenario; what is flaky has perhaps neither broken nor been fixed."""
    return f"{one.id} (flaky)" if one.flakiness.is_flaky else one.id


def _since(found: Trends, one: Scenario) -> str:
    since = found.runs[one.since or 0]
    good = found.runs[one.before or 0]
    return f"since {_in(since)}; last good {_in(good)}"


def _in(run: RunPoint) -> str:
    return f"{say_moment(run.begin_ms)} {say_commit(run.commit)} ({run.run})"


def _flaky(one: Scenario) -> str:
    parts = []
    if one.flakiness.flips:
        plural = "s" * (one.flakiness.flips > 1)
        parts.append(f"{one.flakiness.flips} change{plural} of verdict at one commit")
    if one.flakiness.retried:
        parts.append(f"{one.flakiness.retried} passed when executed again")
    return f"{one.id}  {', '.join(parts)}, in {one.flakiness.verdicts} runs"


def _run(run: RunPoint) -> dict[str, Any]:
    return {
        **run_facts(run),
        "counts": run.letters,
        "pass_rate": run.pass_rate,
        "p50_ms": run.p50_ms,
        "p95_ms": run.p95_ms,
    }


def _scenario(found: Trends, one: Scenario) -> dict[str, Any]:
    passed = one.standing.passed
    return {
        "id": one.id,
        "name": one.name,
        "agent": one.agent,
        "standing": None if passed is None else "passing" if passed else "failing",
        "since": _point(found, one.since),
        "last_otherwise": _point(found, one.before),
        "message": None if passed else one.message,
        "pass_rate": one.pass_rate,
        "flakiness": {"rate": one.flakiness.rate, **msgspec.structs.asdict(one.flakiness)},
        "runs": one.runs.tolist(),
        "outcomes": one.codes,
        "elapsed_ms": [None if math.isnan(time) else time for time in one.elapsed_ms],
        "metrics": {
            name: {
                "unit": series.unit,
                "runs": series.runs.tolist(),
                "values": series.values.tolist(),
            }
            for name, series in one.metrics.items()
        },
    }


def _point(found: Trends, place: int | None) -> dict[str, Any] | None:
    if place is None:
        return None
    run = found.runs[place]
    return {"run": run.run, "begin_ms": run.begin_ms, "commit": run.commit}
