"""`agentrig cleanup`: uninstall what launch left behind on purpose, once nobody looks any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import AgentrigError
from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch._fields import mapping
from agentrig.launch._helm import Helm
from agentrig.launch._launch import LAUNCHED
from agentrig.launch._runs import say_seconds, seconds_between
from agentrig.launch._workloads import read_workload

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from agentrig.launch._helm import HelmRelease
    from agentrig.launch._workloads import Workload

__all__ = ["cleanup"]

_BY_HELM = "app.kubernetes.io/managed-by=Helm"
_HELM = "meta.helm.sh/release"


class _Old(Struct, frozen=True, kw_only=True):
    """A release that may go: what happened last, and how long ago (s)."""

    release: HelmRelease
    outcome: str
    age_s: float

    def __str__(self) -> str:
        ago = f"{self.outcome} {say_seconds(self.age_s)} ago"
        return f"{self.release.name} in namespace {self.release.namespace}: {ago}"


def cleanup(
    *,
    namespace: str | None,
    context: str | None,
    older_than_s: float,
    dry_run: bool,
    say: Callable[[str], None],
    now: dt.datetime,
) -> int:
    """Uninstall the releases that launch made and whose runs ended before; give the exit code.

    `namespace` None stands for all. A release whose run goes on, or that holds a CronJob, stays.
    Raises UsageError and ClusterError; one that cannot be uninstalled is told, and is exit code 3.
    """
    helm = Helm(context=context)

    async def work() -> int:
        selector = ",".join(f"{key}={value}" for key, value in LAUNCHED.items())
        releases = await helm.releases(selector, namespace=namespace)
        settings = KubernetesSettings(namespace=namespace or "", context=context)
        async with aclosing(AsyncCluster(settings)) as cluster:
            over = await _over(cluster, releases, now=now)
        old = [one for one in over if one.age_s >= older_than_s]
        code = 0 if dry_run else await _uninstall(helm, old, say=say)
        if dry_run:
            for one in old:
                say(f"would uninstall {one}")
        say(f"{len(old)} of {len(releases)} launched releases are old enough to go")
        return code

    return asyncio.run(work())


async def _over(
    cluster: AsyncCluster, releases: Sequence[HelmRelease], *, now: dt.datetime
) -> list[_Old]:
    """Choose the releases whose Jobs are over, and that make no others."""
    if not releases:
        return []
    # By what helm itself writes on each object: other charts may lack our labels.
    jobs, cronjobs = await asyncio.gather(
        cluster.list_objects("jobs", labels=_BY_HELM),
        cluster.list_objects("cronjobs", labels=_BY_HELM),
    )
    scheduled = {_release_of(one) for one in cronjobs}
    by_release: dict[tuple[str, str], list[Workload]] = {}
    for job in jobs:
        by_release.setdefault(_release_of(job), []).append(read_workload(job))
    return [
        old
        for release in releases
        if (release.namespace, release.name) not in scheduled
        and (old := _old(release, by_release.get((release.namespace, release.name), []), now=now))
    ]


async def _uninstall(helm: Helm, old: Sequence[_Old], *, say: Callable[[str], None]) -> int:
    code = 0
    for one in old:
        try:
            await helm.uninstall(one.release.name, namespace=one.release.namespace)
            say(f"uninstalled {one}")
        except AgentrigError as error:
            say(f"error: {error}")
            code = error.exit_code
    return code


def _old(release: HelmRelease, runs: Sequence[Workload], *, now: dt.datetime) -> _Old | None:
    """Say how long ago a release's last run ended; None where one goes on, or nobody knows."""
    if any(not one.is_over for one in runs):
        return None
    # Without a Job, which its TTL or somebody removed, the install is what counts.
    ends = [one.finished for one in runs] or [_rfc3339(release.updated)]
    ages = [age for end in ends if (age := seconds_between(end, now)) is not None]
    if not ages:
        return None
    outcome = "its job is gone, installed" if not runs else "finished"
    return _Old(release=release, outcome=outcome, age_s=min(ages))


def _release_of(found: Any) -> tuple[str, str]:
    """Give the namespace and the name of the release that an object belongs to."""
    annotations = mapping(found, "metadata", "annotations")
    return str(annotations.get(f"{_HELM}-namespace")), str(annotations.get(f"{_HELM}-name"))


def _rfc3339(updated: str) -> str:
    """Read helm's time, `2026-11-21 16:45:21.084101848 +0000 UTC`, down to the second."""
    day, _, rest = updated.partition(" ")
    return f"{day}T{rest[:8]}+00:00" if rest.endswith("+0000 UTC") else updated
