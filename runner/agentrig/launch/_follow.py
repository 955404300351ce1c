"""Following a run from wherever it is to its end, or to where it is known that none will come."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import ClusterError, ReportError
from agentrig.kubernetes import Change
from agentrig.launch._evidence import PodEvidence, Trouble  # noqa: TC001  # msgspec resolves it
from agentrig.launch._phases import say_phase
from agentrig.launch._pod_logs import PodLogs
from agentrig.launch._run_state import RunState
from agentrig.launch._view import ShardProgress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from agentrig.kubernetes import AsyncCluster
    from agentrig.launch._pod_state import Pod
    from agentrig.launch._view import View
    from agentrig.launch._workloads import Workload

__all__ = ["Ending", "Followed", "follow"]

TICK_S = 0.5
# A pod is given a minute to end, by the chart; what its containers left behind is known then.
LAST_WORDS_S = 90.0
# A Job that has decided how it ends waits for its pods, and for ever for one of a lost node.
DECIDED_S = 120.0
LOGS_S, LOGS_IN_TROUBLE_S = 60.0, 3.0
NOTE_EVERY_S = 30.0
_FORBIDDEN = 403


class Ending(StrEnum):
    """How the following of a run ended."""

    COMPLETE = "complete"
    FAILED = "failed"
    TROUBLE = "trouble"
    """No hope is left: the first of the troubles says why."""
    TIMEOUT = "timeout"
    DELETED = "deleted"


class Followed(Struct, frozen=True, kw_only=True):
    """What came of following a run.

    `reason` is that of the Job's own condition, such as `BackoffLimitExceeded`. `troubles` are
    those that the run ended with, `overcome` those of earlier attempts, and what passed by.
    `pods` are all that it ever had, the oldest first.
    """

    ending: Ending
    reason: str | None = None
    troubles: tuple[Trouble, ...] = ()
    overcome: tuple[Trouble, ...] = ()
    pods: tuple[PodEvidence, ...] = ()


async def follow(
    cluster: AsyncCluster,
    workload: Workload,
    *,
    view: View,
    logs: Path,
    timeout_s: float | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Followed:
    """Follow a run to its end, and write each pod's log to `logs` as it comes.

    It ends when the Job is Complete or Failed, is deleted, has taken `timeout_s`, or has met
    trouble that leaves no hope. Raises ClusterError where the API refuses or goes away, and
    ReportError where a log cannot be written.
    """
    follower = _Follower(cluster, workload, view=view, logs=logs, sleep=sleep, clock=clock)
    try:
        return await follower.follow(timeout_s)
    except ExceptionGroup as group:
        error = _first(group)
        if isinstance(error, OSError):
            raise ReportError(f"cannot write the logs to '{logs}': {error}") from group
        raise error from group
    finally:
        view.close()


class _Follower:
    def __init__(
        self,
        cluster: AsyncCluster,
        workload: Workload,
        *,
        view: View,
        logs: Path,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._cluster = cluster
        self._workload = workload
        self._view = view
        self._folder = logs
        self._sleep = sleep
        self._clock = clock
        self._began_s = clock()
        self._state = RunState(workload, clock=clock)
        self._changed = asyncio.Event()
        self._lacks_room = asyncio.Event()
        # Nothing is decided before all that is there is known.
        self._is_listed = asyncio.Event()
        self._unlisted = 0
        self._next_note_s = self._began_s
        self._decided_s: float | None = None

    async def follow(self, timeout_s: float | None) -> Followed:
        async with asyncio.TaskGroup() as tasks:
            self._logs = PodLogs(
                self._cluster,
                namespace=self._workload.namespace,
                folder=self._folder,
                tasks=tasks,
                on_line=self._line,
            )
            watches = [tasks.create_task(one) for one in (*self._watches(), self._nodes())]
            await self._is_listed.wait()
            ending = await self._until_end(timeout_s)
            await self._see_pods()
            if ending not in {Ending.TROUBLE, Ending.TIMEOUT}:
                await self._last_words()
            for one in watches:
                one.cancel()
            quick = ending in {Ending.TROUBLE, Ending.TIMEOUT}
            await self._logs.finish(within_s=LOGS_IN_TROUBLE_S if quick else LOGS_S)
        troubles, overcome = self._state.troubles(
            timeout_s=timeout_s if ending is Ending.TIMEOUT else None
        )
        job = self._state.job
        return Followed(
            ending=ending,
            reason=job.decision.reason or None if job and job.decision else None,
            troubles=troubles,
            overcome=overcome,
            pods=self._state.evidence(self._logs.file),
        )

    @property
    def _labels(self) -> str:
        return f"batch.kubernetes.io/controller-uid={self._workload.uid}"

    def _watches(self) -> list[Coroutine[Any, Any, None]]:
        state, name = self._state, f"metadata.name={self._workload.name}"
        watches = [self._watch("events", state.take_event)]
        if self._workload.kind == "Job":
            watches.append(self._watch("pods", state.take_pod, labels=self._labels))
        kind = "jobs" if self._workload.kind == "Job" else "pods"
        watches.append(self._watch(kind, state.take_workload, fields=name))
        self._unlisted = len(watches)
        return watches

    async def _watch(
        self,
        kind: str,
        take: Callable[[Change], None],
        *,
        labels: str = "",
        fields: str = "",
    ) -> None:
        listed = asyncio.Event()

        def on_listed() -> None:
            if not listed.is_set():
                listed.set()
                self._unlisted -= 1
            if not self._unlisted:
                self._is_listed.set()

        changes = self._cluster.watch_objects(
            kind,
            namespace=self._workload.namespace,
            labels=labels,
            fields=fields,
            on_listed=on_listed,
            on_break=self._broken,
        )
        try:
            async with aclosing(changes):
                async for change in changes:
                    take(change)
                    self._changed.set()
        except ClusterError as error:
            if kind != "events" or error.status != _FORBIDDEN:
                raise
            self._view.note(f"events may not be read, so some reasons will be missing: {error}")
            on_listed()

    async def _nodes(self) -> None:
        """Read the nodes when a pod finds no room on them, where the account may."""
        await self._lacks_room.wait()
        with suppress(ClusterError):
            self._state.take_nodes(await self._cluster.list_objects("nodes"))

    def _broken(self, error: Exception) -> None:
        """Say once in a while that the API is away: all watches break at once, and often."""
        now_s = self._clock()
        if now_s >= self._next_note_s:
            self._next_note_s = now_s + NOTE_EVERY_S
            said = str(error) or type(error).__name__
            self._view.note(f"the connection to the API broke and is opened again: {said}")

    async def _until_end(self, timeout_s: float | None) -> Ending:
        while True:
            self._look()
            now_s = self._clock()
            if ending := self._ending(now_s):
                return ending
            if timeout_s is not None and now_s - self._began_s >= timeout_s:
                return Ending.TIMEOUT
            await self._wait()

    def _ending(self, now_s: float) -> Ending | None:
        state = self._state
        if state.is_over():
            return Ending.COMPLETE if state.has_passed() else Ending.FAILED
        if state.is_deleted or not state.is_known:
            return Ending.DELETED
        if state.fatal:
            return Ending.TROUBLE
        decision = state.job.decision if state.job else None
        if decision is None:
            return None
        self._decided_s = now_s if self._decided_s is None else self._decided_s
        if now_s - self._decided_s < DECIDED_S:
            return None
        return Ending.COMPLETE if decision.type == "SuccessCriteriaMet" else Ending.FAILED

    async def _see_pods(self) -> None:
        """See all pods: a Job's end may be told before those that it ended with."""
        if self._workload.kind == "Job":
            found = await self._cluster.list_objects(
                "pods",
                namespace=self._workload.namespace,
                labels=self._labels,
                patience_s=LAST_WORDS_S,
            )
            for one in found:
                self._state.take_pod(Change("ADDED", one))
        # Their logs as well, of those that no watch told of in time.
        self._look()

    async def _last_words(self) -> None:
        """Wait until the state of each pod is its last."""
        until_s = self._clock() + LAST_WORDS_S
        while not self._state.is_at_rest() and self._clock() < until_s:
            await self._wait()
            self._look()

    async def _wait(self) -> None:
        """Wait for a change, or for the next time to look at what lasts."""
        tasks = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self._sleep(TICK_S)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in tasks:
                one.cancel()
        self._changed.clear()

    def _look(self) -> None:
        for pod in self._state.pods:
            self._logs.look(pod, is_gone=self._state.is_gone(pod))
        troubles = self._state.look()
        if self._state.lacks_room():
            self._lacks_room.set()
        self._view.update(self._progress(), elapsed_s=self._clock() - self._began_s)
        for trouble in troubles:
            self._view.trouble(trouble)

    def _progress(self) -> list[ShardProgress]:
        pods: dict[int, list[Pod]] = {}
        for pod in self._state.pods:
            pods.setdefault(pod.shard, []).append(pod)
        shards = range(1, self._workload.shards + 1) if self._workload.shards else [0]
        return [self._shard(shard, pods.get(shard, [])) for shard in shards]

    def _shard(self, shard: int, pods: list[Pod]) -> ShardProgress:
        if not pods:
            return ShardProgress(shard=shard)
        last = pods[-1]
        counts = self._state.progress.of(last)
        return ShardProgress(
            shard=shard,
            pod=last.name,
            phase=say_phase(last, is_gone=self._state.is_gone(last)),
            attempt=len(pods),
            done=counts.done,
            bad=counts.bad,
            planned=counts.planned,
            trouble=self._state.trouble_of(last),
        )

    def _line(self, pod: str, shard: int, text: str) -> None:
        if line := self._state.progress.take(pod, text):
            outcome = line.outcome.value.replace("_", " ") if line.outcome else ""
            self._view.finished(shard, f"{outcome} \u00b7 {line.scenario}")


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
