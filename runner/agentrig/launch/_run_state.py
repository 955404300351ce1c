"""All that is known of a run while it is followed: its Job, every pod it ever had, and Events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from agentrig.launch._end_trouble import deleted_trouble, end_trouble, timeout_trouble
from agentrig.launch._evidence import PodEvidence, Trouble
from agentrig.launch._finding import Finding, Place
from agentrig.launch._job_state import Job, read_job
from agentrig.launch._job_trouble import job_findings
from agentrig.launch._kube_event import KubeEvent, read_event
from agentrig.launch._node_state import read_node
from agentrig.launch._phases import say_phase
from agentrig.launch._pod_state import Pod, read_pod
from agentrig.launch._pod_trouble import pod_findings
from agentrig.launch._progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentrig.kubernetes import Change
    from agentrig.launch._workloads import Workload

__all__ = ["RunState"]

# Objects whose Events are kept: those of the run, and of what else is in its namespace.
_MAX_ABOUT = 2_000
_MAX_REASONS = 50
_SHARDS_TOLD = 5
TOLD_AFTER_S = 3.0
# The chart's init containers that fetch scenarios and libraries.
_FETCHES = frozenset({"fetch-scenarios", "fetch-packages"})
# Exit codes that are a verdict, whatever else befell the pod.
_VERDICTS = frozenset({0, 1, 4, 5})


class _Open(Struct):
    """A finding, and since when it is there without hope."""

    finding: Finding
    since_s: float
    is_told: bool = False


class RunState:
    """Takes what the API tells, and says what is wrong."""

    def __init__(self, workload: Workload, *, clock: Callable[[], float]) -> None:
        self.workload = workload
        self.place = Place(
            namespace=workload.namespace,
            shards=workload.shards,
            awaited_secrets=workload.awaited_secrets,
        )
        self.job: Job | None = None
        self.is_deleted = False
        self.fatal: Trouble | None = None
        self.progress = Progress()
        self._clock = clock
        self._pods: dict[str, Pod] = {}
        # What each pod was busy with before somebody, or the Job, ended it.
        self._busy: dict[str, str] = {}
        self._gone: set[str] = set()
        self._events: dict[str, dict[str, KubeEvent]] = {}
        self._open: dict[tuple[str, str], _Open] = {}
        self._passed: dict[Trouble, None] = {}

    @property
    def pods(self) -> list[Pod]:
        """Every pod that the run has had, the oldest first."""
        return sorted(self._pods.values(), key=lambda one: (one.created, one.name))

    @property
    def is_known(self) -> bool:
        """Whether the Job, or the test Pod, has been seen."""
        return self.job is not None or (self.workload.kind == "Pod" and bool(self._pods))

    def is_gone(self, pod: Pod) -> bool:
        """Whether a pod was deleted."""
        return pod.uid in self._gone

    def take_workload(self, change: Change) -> None:
        """Take a change of the Job, or of the test Pod itself."""
        if self.workload.kind == "Pod":
            self.take_pod(change)
            return
        job = read_job(change.object)
        if job.uid != self.workload.uid:
            # Deleted and made again by somebody else.
            return
        self.job = job
        if change.kind == "DELETED":
            self.is_deleted = True

    def take_pod(self, change: Change) -> None:
        """Take a change of a pod."""
        pod = read_pod(change.object)
        if self.workload.kind == "Pod" and pod.uid != self.workload.uid:
            return
        self._pods[pod.uid] = pod
        if not pod.is_leaving and not pod.is_over:
            self._busy[pod.uid] = say_phase(pod)
        if change.kind == "DELETED":
            self._gone.add(pod.uid)
            self.is_deleted = self.is_deleted or (self.workload.kind == "Pod" and not pod.is_over)

    def take_event(self, change: Change) -> None:
        """Take an Event of any object of the namespace."""
        event = read_event(change.object)
        about = self._events.setdefault(event.about, {})
        known = about.get(event.reason)
        if known is None or event.at >= known.at:
            about[event.reason] = event
        for kept, most in ((about, _MAX_REASONS), (self._events, _MAX_ABOUT)):
            if len(kept) > most:
                del kept[next(iter(kept))]

    def take_nodes(self, found: list[Any]) -> None:
        """Take all nodes of the cluster."""
        self.place = replace(self.place, nodes=tuple(read_node(one) for one in found))

    def is_over(self) -> bool:
        """Whether the Job, or the test Pod, has ended by itself."""
        if self.workload.kind == "Pod":
            return any(pod.is_over for pod in self._pods.values())
        return bool(self.job and self.job.end)

    def has_passed(self) -> bool:
        """Whether it ended as it should."""
        if self.workload.kind == "Pod":
            return any(pod.phase == "Succeeded" for pod in self._pods.values())
        return bool(self.job and self.job.end and self.job.end.type == "Complete")

    def lacks_room(self) -> bool:
        """Whether a pod waits for a node, so that it matters what nodes there are."""
        return any(key == "scheduling" for _, key in self._open)

    def is_at_rest(self) -> bool:
        """Whether every pod is over or gone, so that no more will be known of any."""
        return all(pod.is_over or self.is_gone(pod) for pod in self._pods.values())

    def look(self) -> list[Trouble]:
        """Diagnose; give the troubles to tell now. Sets `fatal` when there is no more hope."""
        now_s = self._clock()
        found = {(one.pod, one.key): one for one in self._findings()}
        for key in [key for key in self._open if key not in found]:
            closed = self._open.pop(key)
            if closed.is_told:
                self._passed[closed.finding.trouble] = None
        works = any(pod.node and not pod.is_over for pod in self._pods.values())
        told = []
        for key, one in found.items():
            known = self._open.setdefault(key, _Open(one, now_s))
            known.finding = one
            if one.key == "scheduling" and works:
                # The run's own pods hold the room, and will give it back.
                known.since_s = now_s
            age_s = now_s - known.since_s
            if not known.is_told and age_s >= one.told_after_s:
                known.is_told = True
                told.append(one.trouble)
            if one.fatal_after_s is not None and age_s >= one.fatal_after_s:
                self.fatal = self.fatal or one.trouble
        return told

    def trouble_of(self, pod: Pod) -> str | None:
        """Say what is wrong with a pod right now."""
        found = (one.finding for (uid, _), one in self._open.items() if uid == pod.uid)
        return next((one.trouble.message for one in found), None)

    def troubles(
        self, *, timeout_s: float | None = None
    ) -> tuple[tuple[Trouble, ...], tuple[Trouble, ...]]:
        """Give the troubles that the run ended with, then those that it got over.

        `timeout_s` is given where that time ran out.
        """
        last = {pod.shard: pod.uid for pod in self.pods}
        codes = {pod.uid: pod.runner.exit_code for pod in self.pods if pod.runner}
        lasting: dict[Trouble, None] = {self.fatal: None} if self.fatal else {}
        earlier = dict(self._passed)
        for (uid, _), one in self._open.items():
            counts = not uid or (uid in last.values() and codes.get(uid) not in _VERDICTS)
            (lasting if counts and not self.has_passed() else earlier)[one.finding.trouble] = None
        if ended := self._end(timeout_s):
            lasting[ended] = None
        return tuple(lasting), tuple(one for one in earlier if one not in lasting)

    def evidence(self, file_of: Callable[[Pod, str], Path | None]) -> tuple[PodEvidence, ...]:
        """Give what each pod left behind."""
        return tuple(self._evidence(pod, file_of) for pod in self.pods)

    def _end(self, timeout_s: float | None) -> Trouble | None:
        if timeout_s is not None:
            busy = self._say_busy()
            return timeout_trouble(self.workload.where, timeout_s=timeout_s, busy=busy)
        if self.job and self.job.decision:
            return end_trouble(self.job, self.pods, self.place, busy=self._say_busy())
        if self.is_deleted or not self.is_known:
            return deleted_trouble(self.workload.where, busy=self._say_busy())
        return None

    def _say_busy(self) -> str:
        """Say what was going on in each shard that did not come to its end."""
        last = {pod.shard: pod for pod in self.pods}
        said = []
        for shard, pod in sorted(last.items()):
            if pod.uid not in self._busy or (pod.is_over and not pod.is_leaving):
                continue
            counts = self.progress.of(pod)
            done = f" ({counts})" if counts.planned is not None else ""
            name = f"shard {shard}/{self.workload.shards}" if shard else "it"
            said.append(f"{name} was {self._busy[pod.uid]}{done}")
        if not said:
            return ""
        more = f", and {len(said) - _SHARDS_TOLD} more" if len(said) > _SHARDS_TOLD else ""
        return f": {', '.join(said[:_SHARDS_TOLD])}{more}"

    def _findings(self) -> list[Finding]:
        found: list[Finding] = []
        if self.job:
            about = self._events.get(self.job.uid, {})
            found += job_findings(self.job, about, self.pods, self.place)
        for pod in self._pods.values():
            # What a pod that is gone waited for no longer matters; how it ended does.
            seen = replace(pod, phase="Failed") if self.is_gone(pod) and not pod.is_over else pod
            found += pod_findings(seen, self._events.get(pod.uid, {}), self.place)
            if self._was_deleted(pod):
                found.append(self._deleted(pod))
        return found

    def _was_deleted(self, pod: Pod) -> bool:
        """Whether somebody deleted a pod: a Job that ends does so too, and says why itself."""
        decided = self.is_deleted or (self.job is not None and self.job.decision is not None)
        disruption = pod.condition("DisruptionTarget")
        return (
            (pod.is_leaving or self.is_gone(pod))
            and not pod.is_over
            and not decided
            and not (disruption and disruption.holds)
        )

    def _deleted(self, pod: Pod) -> Finding:
        message = "the pod was deleted while it ran"
        trouble = Trouble(reason="Deleted", where=self.place.pod(pod), message=message)
        # A Job that is over its deadline deletes its pods before it says so.
        return Finding(trouble=trouble, key="end", pod=pod.uid, told_after_s=TOLD_AFTER_S)

    def _evidence(self, pod: Pod, file_of: Callable[[Pod, str], Path | None]) -> PodEvidence:
        runner = pod.runner
        ended = runner is not None and runner.state == "terminated"
        disruption = pod.condition("DisruptionTarget")
        reason = pod.reason or (disruption.reason if disruption and disruption.holds else "")
        if runner is not None and ended:
            reason = reason or runner.reason
        return PodEvidence(
            pod=pod.name,
            shard=pod.shard,
            created=pod.created,
            exit_code=runner.exit_code if runner else None,
            fetch_exit_code=_fetch_exit_code(pod),
            reason=reason or ("Deleted" if self.is_gone(pod) else None),
            termination=runner.message or None if runner and ended else None,
            log=file_of(pod, runner.name) if runner else None,
        )


def _fetch_exit_code(pod: Pod) -> int | None:
    ended = (one.exit_code for one in pod.containers if one.name in _FETCHES and one.exit_code)
    return next(ended, None)
