"""Whatever waits, or puts something back, outlasts an API server that restarts meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError
from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from tests.support.kube_api import Asked, KubeApi, status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.support.clock import Clock
    from tests.support.kube_api import Answer

CONFIG = "/api/v1/namespaces/demo/configmaps/one"
POD = "/api/v1/namespaces/demo/pods/one"
DEPLOYMENT = "/apis/apps/v1/namespaces/demo/deployments/one"
AWAY = 503, status(503, "ServiceUnavailable", "the server is starting")
# Each attempt but the last comes a quarter of a second after the one before.
WITHIN_S = 2.0


def be_away(api: KubeApi, *, times: int = 3) -> None:
    """Refuse the next requests."""
    left = iter(range(times))
    api.rules.insert(0, lambda _: AWAY if next(left, None) is not None else None)


def drop_connections(api: KubeApi) -> None:
    """Drop the connections of the next requests; what only reads is asked at once again."""
    api.dropped = 6


def lose_answers(api: KubeApi) -> None:
    """Do what the next requests want, and refuse them all the same."""
    left, is_inner = iter(range(3)), False

    def rule(asked: Asked) -> Answer | None:
        nonlocal is_inner
        if is_inner or next(left, None) is None:
            return None
        is_inner = True
        api.answer(asked)
        is_inner = False
        return AWAY

    api.rules.insert(0, rule)


def run(api: KubeApi, clock: Clock, work: Callable[[AsyncCluster], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        settings = KubernetesSettings(namespace="demo", server=api.url)
        cluster = AsyncCluster(settings, sleep=clock.sleep, clock=clock)
        try:
            return await work(cluster)
        finally:
            await cluster.aclose()

    return asyncio.run(main())


async def has_come(_: dict[str, Any]) -> str | None:
    return None


async def wait(cluster: AsyncCluster) -> None:
    ref = await cluster.find("configmap/one")
    waited = await cluster.wait(ref, has_come, timeout_s=WITHIN_S)
    assert waited.problem is None
    assert waited.object


async def wait_gone(cluster: AsyncCluster) -> None:
    ref = await cluster.find("configmap/two")
    assert (await cluster.wait_gone(ref, timeout_s=WITHIN_S)).problem is None


async def wait_rollout(cluster: AsyncCluster) -> None:
    ref = await cluster.find("deployment/one")
    assert await cluster.wait_rollout(ref, timeout_s=WITHIN_S)


async def search_logs(cluster: AsyncCluster) -> None:
    ref = await cluster.find("pod/one")
    found = await cluster.search_logs(
        ref, lambda line: "line" in line, since_s=0, timeout_s=WITHIN_S
    )
    assert [one.text for one in found.matched] == ["a line"]


WAITS = [wait, wait_gone, wait_rollout, search_logs]


@pytest.fixture
def objects(api: KubeApi) -> None:
    done = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    api.put(CONFIG, data={"a": "1"})
    api.put(DEPLOYMENT, spec={"replicas": 1}, status=done)
    api.put(POD, spec={"containers": [{"name": "main"}]})
    api.on("GET", f"{POD}/log", (200, "2025-11-21T14:00:05.000000000Z a line\n"))


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("trouble", [be_away, drop_connections])
@pytest.mark.parametrize("waits", WAITS)
def test_a_wait_goes_on(
    api: KubeApi,
    clock: Clock,
    waits: Callable[[AsyncCluster], Awaitable[None]],
    trouble: Callable[[KubeApi], None],
) -> None:
    trouble(api)
    run(api, clock, waits)


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("waits", WAITS)
def test_a_wait_ends_in_time(
    api: KubeApi, clock: Clock, waits: Callable[[AsyncCluster], Awaitable[None]]
) -> None:
    be_away(api, times=1_000)
    with pytest.raises(ClusterError, match=r"the server is starting \(HTTP 503\)"):
        run(api, clock, waits)
    assert clock() == WITHIN_S


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("trouble", [be_away, drop_connections, lose_answers])
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "cut off"])
def test_what_was_changed_is_put_back(
    api: KubeApi, clock: Clock, trouble: Callable[[KubeApi], None], *, is_told: bool
) -> None:
    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find("deployment/one")
        snapshot = await cluster.snapshot(ref)
        after = await cluster.scale(ref, 3)
        snapshot.after = after if is_told else None
        api.objects[DEPLOYMENT]["status"]["observedGeneration"] = 3
        trouble(api)
        await cluster.restore(snapshot, timeout_s=WITHIN_S)

    run(api, clock, work)
    assert api.objects[DEPLOYMENT]["spec"] == {"replicas": 1}


@pytest.mark.parametrize("trouble", [be_away, drop_connections, lose_answers])
def test_what_was_created_is_deleted(
    api: KubeApi, clock: Clock, trouble: Callable[[KubeApi], None]
) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}

    async def work(cluster: AsyncCluster) -> None:
        ref = await cluster.find_manifest(manifest)
        snapshot = await cluster.snapshot(ref)
        snapshot.after = await cluster.apply(ref, manifest)
        assert CONFIG in api.objects
        trouble(api)
        await cluster.restore(snapshot, timeout_s=WITHIN_S)

    run(api, clock, work)
    assert CONFIG not in api.objects
