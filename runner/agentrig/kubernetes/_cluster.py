"""The cluster as Python modules are given it: the same verbs, without `await`."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from agentrig.kubernetes._async_cluster import AsyncCluster
from agentrig.kubernetes._conditions import condition_problem
from agentrig.kubernetes._manifests import read_manifests
from agentrig.kubernetes._rollouts import ROLLOUT_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from agentrig.kubernetes._async_cluster import ExecResult
    from agentrig.kubernetes._logs import LogLine
    from agentrig.kubernetes._settings import KubernetesSettings

__all__ = ["Cluster"]

T = TypeVar("T")

# What a label selector has and a reference has not: labels may have a '/' as well.
_SELECTS = re.compile(r"[=!,( ]")


class Cluster:
    """A Kubernetes cluster, whose objects are named as kubectl does: `deployment/NAME`.

    Objects are JSON, as the API has them. Every method raises ClusterError when the API cannot be
    reached or refuses, and UsageError for a reference that it does not know. `wait`, `wait_gone`
    and `logs` raise AssertionError when what they wait for does not come in time: that is a
    failed test.
    """

    def __init__(
        self,
        settings: KubernetesSettings,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to nothing yet."""
        self.namespace = settings.namespace
        self._cluster = AsyncCluster(settings, sleep=sleep, clock=clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def get(self, ref: str, *, namespace: str | None = None) -> dict[str, Any]:
        """Read an object of any kind."""

        async def get() -> dict[str, Any]:
            return await self._cluster.get(await self._cluster.find(ref, namespace=namespace))

        return self._do(get())

    def apply(
        self,
        manifest: str | Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        namespace: str | None = None,
        force: bool = False,
    ) -> list[dict[str, Any]]:
        """Create or change objects by server-side apply; `manifest` is YAML text or objects."""

        async def apply() -> list[dict[str, Any]]:
            found = []
            for one in read_manifests(manifest):
                ref = await self._cluster.find_manifest(one, namespace=namespace)
                found.append(await self._cluster.apply(ref, one, force=force))
            return found

        return self._do(apply())

    def delete(
        self,
        ref: str,
        *,
        namespace: str | None = None,
        ignore_missing: bool = False,
        wait: bool = True,
        timeout_s: float = 60.0,
    ) -> None:
        """Delete an object, and wait until it is gone unless `wait` is False."""

        async def delete() -> None:
            found = await self._cluster.find(ref, namespace=namespace)
            await self._cluster.delete(found, ignore_missing=ignore_missing)
            if wait:
                waited = await self._cluster.wait_gone(found, timeout_s=timeout_s)
                _assert_none(waited.problem, f"{ref} in {found.where} was deleted")

        self._do(delete())

    def patch(
        self,
        ref: str,
        patch: Any,
        *,
        how: Literal["strategic", "merge", "json"] = "merge",
        namespace: str | None = None,
    ) -> dict[str, Any]:
        """Patch an object; `json` takes a list of operations (RFC 6902)."""

        async def change() -> dict[str, Any]:
            found = await self._cluster.find(ref, namespace=namespace)
            return await self._cluster.patch(found, patch, how=how)

        return self._do(change())

    def scale(self, ref: str, replicas: int, *, namespace: str | None = None) -> None:
        """Set the number of replicas; `wait_rollout` waits for them."""

        async def scale() -> None:
            await self._cluster.scale(await self._cluster.find(ref, namespace=namespace), replicas)

        self._do(scale())

    def get_env(self, ref: str, *, namespace: str | None = None) -> dict[str, str]:
        """Read the literal environment variables of a workload's containers."""

        async def get_env() -> dict[str, str]:
            return await self._cluster.get_env(await self._cluster.find(ref, namespace=namespace))

        return self._do(get_env())

    def set_env(
        self,
        ref: str,
        env: Mapping[str, str | None],
        *,
        container: str | None = None,
        namespace: str | None = None,
    ) -> None:
        """Set variables in one container of a workload, or in all of them; None takes one away."""

        async def set_env() -> None:
            found = await self._cluster.find(ref, namespace=namespace)
            await self._cluster.set_env(found, env, container=container)

        self._do(set_env())

    def restart(self, ref: str, *, namespace: str | None = None) -> None:
        """Replace a workload's pods; `wait_rollout` waits for the new ones."""

        async def restart() -> None:
            await self._cluster.restart(await self._cluster.find(ref, namespace=namespace))

        self._do(restart())

    def wait_rollout(
        self, ref: str, *, timeout_s: float = ROLLOUT_WITHIN_S, namespace: str | None = None
    ) -> None:
        """Wait until every replica runs the newest template and is available.

        Raises ClusterError with the state that was reached when `timeout_s` runs out.
        """

        async def wait_rollout() -> None:
            found = await self._cluster.find(ref, namespace=namespace)
            await self._cluster.wait_rollout(found, timeout_s=timeout_s)

        self._do(wait_rollout())

    def exec(
        self,
        ref: str,
        command: Sequence[str],
        *,
        container: str | None = None,
        timeout_s: float = 60.0,
        namespace: str | None = None,
    ) -> ExecResult:
        """Run a command in a pod (`pod/NAME`), or in a running pod of a workload."""

        async def run() -> ExecResult:
            found = await self._cluster.find(ref, namespace=namespace)
            return await self._cluster.exec(
                found, command, container=container, timeout_s=timeout_s
            )

        return self._do(run())

    def wait(
        self,
        ref: str,
        condition: str | Callable[[dict[str, Any]], Any],
        *,
        status: str = "True",
        timeout_s: float = 60.0,
        namespace: str | None = None,
    ) -> dict[str, Any]:
        """Wait until an object's condition, such as `Ready`, has this status; give the object.

        A function in its place is given the object, and waited for until what it gives is true.
        """

        async def problem_of(found: dict[str, Any]) -> str | None:
            if isinstance(condition, str):
                return condition_problem(found, condition=condition, status=status)
            return None if condition(found) else "the function gives nothing that is true"

        async def wait() -> dict[str, Any]:
            found = await self._cluster.find(ref, namespace=namespace)
            waited = await self._cluster.wait(found, problem_of, timeout_s=timeout_s)
            _assert_none(waited.problem, f"{ref} in {found.where}")
            return waited.object or {}

        return self._do(wait())

    def wait_gone(self, ref: str, *, timeout_s: float = 60.0, namespace: str | None = None) -> None:
        """Wait until an object is gone."""

        async def wait_gone() -> None:
            found = await self._cluster.find(ref, namespace=namespace)
            waited = await self._cluster.wait_gone(found, timeout_s=timeout_s)
            _assert_none(waited.problem, f"{ref} in {found.where}")

        self._do(wait_gone())

    def logs(
        self,
        where: str,
        matches: str,
        *,
        since_s: float | None = None,
        timeout_s: float = 10.0,
        container: str | None = None,
        namespace: str | None = None,
    ) -> list[LogLine]:
        """Wait for log lines in which the pattern `matches` is found, and give them.

        `where` is `pod/NAME`, a workload, or a label selector such as `app=x`. `since_s` is in
        seconds since the epoch, as `time.time()` gives; all lines count by default.
        """
        pattern = re.compile(matches)

        async def search() -> list[LogLine]:
            selects = "/" not in where or _SELECTS.search(where)
            place = where if selects else await self._cluster.find(where, namespace=namespace)
            found = await self._cluster.search_logs(
                place,
                lambda text: bool(pattern.search(text)),
                since_s=since_s or 0.0,
                timeout_s=timeout_s,
                container=container,
                namespace=namespace,
            )
            _assert_none(found.problem(f"matches {matches!r}", within_s=timeout_s), where)
            return list(found.matched)

        return self._do(search())

    def close(self) -> None:
        """Close the connections to the API."""
        if self._loop and self._thread:
            self._do(self._cluster.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the event loop beside this thread; an interrupt here ends it there."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="agentrig-cluster", daemon=True
            )
            self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


def _assert_none(problem: str | None, what: str) -> None:
    if problem is not None:
        raise AssertionError(f"{what}: {problem}")
