"""`agentrig attach`: follow a run that somebody else, or an earlier call, has begun."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from agentrig.errors import UsageError
from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch._follow import follow
from agentrig.launch._interrupt import Interrupted, run_interruptible
from agentrig.launch._results import LOGS, clear_results, report_run, show_logs
from agentrig.launch._workloads import find_workloads
from agentrig.scenario import closest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentrig.launch._view import View
    from agentrig.launch._workloads import Workload
    from agentrig.webhook import WebhookSettings

__all__ = ["attach"]

INTERRUPTED = 2


def attach(
    release: str,
    *,
    namespace: str,
    context: str | None,
    job: str | None,
    results: Path,
    logs: bool,
    timeout_s: float | None,
    view: View,
    say: Callable[[str], None],
    webhook: WebhookSettings | None = None,
) -> int:
    """Follow the newest run of a release, or the one that `job` names; give its exit code.

    A run that is over is collected at once. An interrupt leaves the run alone. Raises UsageError
    where there is no such run, InfraError for trouble on the way.
    """

    async def work() -> int:
        settings = KubernetesSettings(namespace=namespace, context=context)
        async with aclosing(AsyncCluster(settings)) as cluster:
            workload = await _find(cluster, release, namespace=namespace, job=job)
            clear_results(results)
            try:
                followed = await follow(
                    cluster, workload, view=view, logs=results / LOGS, timeout_s=timeout_s
                )
            finally:
                view.close()
        if logs:
            show_logs(followed.pods)
        return report_run(followed, workload, results, say=say, webhook=webhook)

    try:
        return run_interruptible(work())
    except Interrupted as signal:
        say(f"{signal}: the run goes on, and `agentrig attach {release} -n {namespace}` finds it")
        return INTERRUPTED


async def _find(
    cluster: AsyncCluster, release: str, *, namespace: str, job: str | None
) -> Workload:
    found = await find_workloads(cluster, release=release)
    chosen = next((one for one in found if job in {None, one.name}), None)
    if chosen is not None:
        return chosen
    if found:
        names = ", ".join(one.name for one in found)
        raise UsageError(
            f"release '{release}' in namespace {namespace} has no job '{job}': it has {names}"
        )
    others = sorted({one.release for one in await find_workloads(cluster)})
    hint = closest(release, others) or f"`agentrig runs -n {namespace}` lists those that are there"
    raise UsageError(f"release '{release}' has no run in namespace {namespace}: {hint}")
