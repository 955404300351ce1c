"""The runs of a namespace as a list: when they were, how they ended, how many tests passed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from agentrig._excerpt import printable
from agentrig.events import Outcome
from agentrig.launch._fields import objects, text
from agentrig.launch._pod_state import read_pod
from agentrig.launch._workloads import RUNS, Workload, find_workloads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentrig.kubernetes import AsyncCluster

__all__ = ["Run", "list_runs", "runs_json", "runs_table", "seconds_between"]

_OUTCOMES = tuple(one.value for one in Outcome)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


class Run(Struct, frozen=True, kw_only=True):
    """One run; `counts` are its scenarios by outcome, as far as its pods still tell."""

    workload: Workload
    counts: Mapping[str, int]


async def list_runs(cluster: AsyncCluster) -> list[Run]:
    """List the runs of the cluster's namespace, the newest first.

    Raises ClusterError where Jobs and pods may not be listed.
    """
    workloads, pods = await asyncio.gather(
        find_workloads(cluster), cluster.list_objects("pods", labels=RUNS)
    )
    by_owner: dict[str, list[Any]] = {}
    for pod in pods:
        owners = [text(one, "uid") for one in objects(pod, "metadata", "ownerReferences")]
        for uid in owners or [text(pod, "metadata", "uid")]:
            by_owner.setdefault(uid, []).append(pod)
    return [Run(workload=one, counts=_counts(by_owner.get(one.uid, ()))) for one in workloads]


def runs_json(runs: Iterable[Run], *, now: dt.datetime) -> str:
    """Write the list for scripts; `took_s` of a run that goes on is until now."""
    table = [
        {
            "release": one.release,
            "namespace": one.namespace,
            "kind": one.kind,
            "name": one.name,
            "run": one.run,
            "mode": one.mode,
            "shards": one.shards,
            "created": one.created,
            "finished": one.finished or None,
            "took_s": _took_s(one, now),
            "outcome": one.outcome,
            "reason": one.reason,
            "counts": dict(run.counts),
        }
        for run in runs
        for one in [run.workload]
    ]
    return msgspec.json.format(msgspec.json.encode(table), indent=2).decode()


def runs_table(runs: Sequence[Run], *, now: dt.datetime, namespaces: bool) -> str:
    """Write the list for a person; `namespaces` adds their column."""
    head = ("RELEASE", "JOB", "MODE", "STARTED", "TOOK", "SHARDS", "OUTCOME", "TESTS")
    rows = [head, *(_row(run, now) for run in runs)]
    if namespaces:
        first = ["NAMESPACE", *(run.workload.namespace for run in runs)]
        rows = [(name, *row) for name, row in zip(first, rows, strict=True)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def seconds_between(begin: str, end: str | dt.datetime) -> float | None:
    """Give the seconds between two times of the API (RFC 3339), None where one is none."""
    try:
        until = end if isinstance(end, dt.datetime) else dt.datetime.fromisoformat(end)
        return (until - dt.datetime.fromisoformat(begin)).total_seconds()
    except (TypeError, ValueError):
        return None


def say_seconds(seconds: float) -> str:
    """Write a time in two units at most: `12 s`, `3 min 5 s`, `2 h 10 min`, `8 d 2 h`."""
    whole = max(0, round(seconds))
    for size, word, smaller, smaller_word in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {word}" + (f" {rest} {smaller_word}" if rest else "")
    return f"{whole} s"


def _row(run: Run, now: dt.datetime) -> tuple[str, ...]:
    one = run.workload
    took_s = _took_s(one, now)
    # A reason is Kubernetes' own word; where all passed it says nothing.
    reason = f" ({one.reason})" if one.reason and one.outcome != "passed" else ""
    cells = (
        one.release or "-",
        one.name,
        one.mode,
        one.created.replace("T", " ").removesuffix("Z") or "-",
        "-" if took_s is None else say_seconds(took_s),
        str(one.shards) if one.shards else "-",
        one.outcome + reason,
        ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in run.counts.items()) or "-",
    )
    return tuple(printable(cell) for cell in cells)


def _took_s(one: Workload, now: dt.datetime) -> float | None:
    if one.is_over:
        return seconds_between(one.created, one.finished)
    return seconds_between(one.created, now)


def _counts(pods: Iterable[Any]) -> dict[str, int]:
    """Sum up the termination messages of each shard's last attempt that left one."""
    last: dict[int, dict[str, int]] = {}
    for pod in sorted(map(read_pod, pods), key=lambda one: one.created):
        runner = pod.runner
        if runner and runner.state == "terminated":
            found = _told(runner.message)
            if found is not None:
                last[pod.shard] = found
    return {
        word: total
        for word in _OUTCOMES
        if (total := sum(one.get(word, 0) for one in last.values()))
    }


def _told(message: str) -> dict[str, int] | None:
    """Read the counts of one message, which may be anything."""
    try:
        counts = json.loads(message)["counts"]
        return {
            word: count
            for word, count in counts.items()
            if word in _OUTCOMES and type(count) is int and count > 0
        }
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
