"""What a test does to the cluster around the agents, and what it waits for there."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import ClusterError
from agentrig.kubernetes._changes import reverting, with_owners_of
from agentrig.kubernetes._conditions import condition_problem
from agentrig.kubernetes._errors import Refusal, explained
from agentrig.kubernetes._kinds import WORKLOADS, ObjectRef
from agentrig.kubernetes._logs import LogLine, LogReader
from agentrig.kubernetes._objects import seconds
from agentrig.kubernetes._reviews import Reviews
from agentrig.kubernetes._rollouts import ROLLOUT_WITHIN_S
from agentrig.kubernetes._workloads import label_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentrig.kubernetes._objects import Snapshot

__all__ = ["AsyncCluster", "ExecResult", "LogSearch"]

# Of what a command prints, and of the log lines that match: enough for a test, and no more.
OUTPUT_BYTES = 1024 * 1024
MATCHED_LINES = 1_000
LAST_LINES = 5


class ExecResult(Struct, frozen=True, kw_only=True):
    """What a command in a container printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


class LogSearch(Struct, frozen=True, kw_only=True):
    """The lines that matched; how many were read, of which pods, and the last few of them."""

    matched: tuple[LogLine, ...]
    read: int
    pods: tuple[str, ...]
    last: tuple[LogLine, ...]

    def problem(self, wanted: str, *, within_s: float) -> str | None:
        """Say that no line was found; `wanted` is as in `matches 'x'`."""
        if self.matched:
            return None
        if not self.pods:
            return f"no log line {wanted} within {seconds(within_s)}: no pod was found"
        last = "".join(f"\n  {one.pod}/{one.container}: {one.text}" for one in self.last)
        read = f"{self.read} lines of {', '.join(self.pods)} were read"
        return f"no log line {wanted} within {seconds(within_s)}: {read}" + (
            f", the last:{last}" if last else ""
        )


class AsyncCluster(Reviews):
    """A Kubernetes cluster: its objects, its workloads, and what goes on in its pods."""

    async def restore(self, snapshot: Snapshot, *, timeout_s: float = ROLLOUT_WITHIN_S) -> None:
        """Put back what a change made of an object; what it created is deleted.

        An object that was deleted with `delete` in the meantime stays so.
        A workload is waited for until it is rolled out, what is deleted until it is gone. Raises
        ClusterError where that fails, or takes longer than `timeout_s`.
        """
        ref, before = snapshot.ref, snapshot.before
        deadline = self._clock() + timeout_s
        if before is None:
            await self._patiently(
                partial(self._delete_created, ref), f"delete {ref} again", ref.where, deadline
            )
            gone = await self.wait_gone(ref, timeout_s=timeout_s)
            if gone.problem:
                raise ClusterError(f"{ref} in {ref.where} is left behind: {gone.problem}")
            return
        if before["metadata"]["uid"] in self._deleted:
            return
        what = f"restore {ref}"
        after = snapshot.after
        if after is None:
            after = await self._patiently(partial(self._get, ref), what, ref.where, deadline)
        with explained(what, ref.where):
            patch = reverting(before, after)
        if not patch:
            return
        # To do it twice, where the answer was lost, changes nothing more.
        put_back = partial(self._put_back, ref, patch, before)
        await self._patiently(put_back, what, ref.where, deadline)
        if ref.kind.kind in WORKLOADS:
            await self.wait_rollout(ref, timeout_s=timeout_s)

    async def exec(
        self,
        ref: ObjectRef,
        command: Sequence[str],
        *,
        container: str | None = None,
        timeout_s: float | None = None,
    ) -> ExecResult:
        """Run a command in a pod, or in a running one of a workload; without end by default.

        Of what it prints, 1 MiB each is kept of stdout and stderr.
        """
        stdout, stderr = _Capped(), _Capped()
        with explained(f"exec in {ref}", ref.where):
            from httpx2 import websockets  # noqa: PLC0415  # comes with lightkube

            pod = await self._running_pod(ref)
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            chosen = container or pod["spec"]["containers"][0]["name"]
            try:
                response = await self._api.exec_client().exec(
                    name,
                    namespace=namespace,
                    container=chosen,
                    command=list(command),
                    stdout=stdout,
                    stderr=stderr,
                    timeout=timeout_s,
                )
            except websockets.WebSocketUpgradeError as error:
                # Its reason is lost. Asked without an upgrade, nothing can run, and it is told.
                await self._api.call(
                    "GET",
                    f"/api/v1/namespaces/{namespace}/pods/{name}/exec",
                    params={"container": chosen, "command": command[0], "stdout": "true"},
                )
                raise Refusal(error.response.status_code, "no reason is given") from error
            except websockets.HTTPXWSException as error:
                raise Refusal(500, "the connection ended before the command did") from error
        return ExecResult(exit_code=response.exit_code, stdout=stdout.text(), stderr=stderr.text())

    async def search_logs(
        self,
        where: ObjectRef | str,
        matches: Callable[[str], bool],
        *,
        since_s: float,
        timeout_s: float,
        container: str | None = None,
        namespace: str | None = None,
    ) -> LogSearch:
        """Read logs until a line matches, or `timeout_s` is over.

        `where` is a pod, a workload, or a label selector such as `app=x`. Lines from before
        `since_s` (seconds since the epoch, by the nodes' clocks) do not count. All containers are
        read unless one is named.
        """
        deadline = self._clock() + timeout_s
        reader = LogReader(self._api, since_s=since_s)
        matched: list[LogLine] = []
        last: list[LogLine] = []
        pods: dict[str, None] = {}
        read = 0
        what = f"pods {where}" if isinstance(where, str) else str(where)
        place = where.where if isinstance(where, ObjectRef) else self._where(namespace)

        async def read_on() -> None:
            nonlocal last, pods, read
            found = await self._pods(where, namespace)
            pods |= dict.fromkeys(pod["metadata"]["name"] for pod in found)
            async for line in reader.new_lines(found, container=container):
                read += 1
                last = [*last, line][-LAST_LINES:]
                if len(matched) < MATCHED_LINES and matches(line.text):
                    matched.append(line)

        while True:
            await self._patiently(read_on, f"read the logs of {what}", place, deadline)
            if matched or self._clock() >= deadline:
                return LogSearch(
                    matched=tuple(matched), read=read, pods=tuple(pods), last=tuple(last)
                )
            await self._pause(deadline)

    async def _delete_created(self, ref: ObjectRef) -> None:
        try:
            # Asked first: who may not create may not delete, and nothing came of it.
            await self._get(ref)
            await self._api.call("DELETE", ref.path)
        except Refusal as refusal:
            if not refusal.is_missing:
                raise

    async def _put_back(
        self, ref: ObjectRef, patch: dict[str, Any], before: dict[str, Any]
    ) -> None:
        found = await self._patch(ref, patch, how="merge")
        # Else they would stay ours, and whoever applies next would be in conflict.
        if owners := with_owners_of(before, found):
            await self._patch(ref, owners, how="merge")

    async def _pods(self, where: ObjectRef | str, namespace: str | None) -> list[dict[str, Any]]:
        if isinstance(where, str):
            return await self._list_pods(namespace or self.settings.namespace, where)
        if where.kind.kind == "Pod":
            found = await self._get_if_there(where)
            return [found] if found else []
        return await self._list_pods(where.namespace, label_selector(await self._get(where)))

    async def _running_pod(self, ref: ObjectRef) -> dict[str, Any]:
        if ref.kind.kind == "Pod":
            return await self._get(ref)
        running = [
            pod
            for pod in await self._pods(ref, None)
            if pod["status"].get("phase") == "Running"
            and "deletionTimestamp" not in pod["metadata"]
        ]
        if not running:
            raise ClusterError(f"{ref} in {ref.where} has no running pod")
        # One that is ready before one that is not.
        return min(running, key=_is_not_ready)


class _Capped(BytesIO):
    """Keeps what is written to it up to OUTPUT_BYTES."""

    def write(self, data: Any, /) -> int:
        super().write(data[: max(0, OUTPUT_BYTES - self.tell())])
        return len(data)

    def text(self) -> str:
        return self.getvalue().decode(errors="replace")


def _is_not_ready(pod: Mapping[str, Any]) -> bool:
    return condition_problem(pod, condition="Ready", status="True") is not None
