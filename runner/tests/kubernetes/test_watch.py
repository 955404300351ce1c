"""Collections that are watched: nothing is missed or told twice, whatever the connection does."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError
from agentrig.kubernetes import AsyncCluster, Change, KubernetesSettings
from tests.support.fake_cluster import FakeCluster, running_fake_cluster
from tests.support.kube_api import forbidden

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

PODS = "/api/v1/namespaces/demo/pods"
# Far more than any step takes: only a test that fails waits for it.
WITHIN_S = 60


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with running_fake_cluster() as running:
        yield running


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}}


def told(change: Change) -> tuple[str, str]:
    return change.kind, change.object["metadata"]["name"]


class Watching:
    """A watch, read one change at a time."""

    def __init__(self, changes: AsyncGenerator[Change], broken: list[Exception]) -> None:
        self.broken = broken
        self._changes = changes

    async def next(self) -> tuple[str, str]:
        async with asyncio.timeout(WITHIN_S):
            return told(await anext(self._changes))

    async def begun(self, fake: FakeCluster, times: int) -> None:
        """Wait until so many watches were asked for, while the next change is awaited."""
        await asyncio.to_thread(fake.wait_for, lambda: len(fake.watches("pods")) >= times)


def watching(
    fake: FakeCluster,
    body: Callable[[Watching], Awaitable[None]],
    *,
    labels: str = "",
    fields: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run `body` with a watch of the pods."""

    async def run() -> None:
        settings = KubernetesSettings(namespace="demo", server=fake.url)
        cluster = AsyncCluster(settings, clock=clock)
        broken: list[Exception] = []
        changes = cluster.watch_objects(
            "pods", labels=labels, fields=fields, on_break=broken.append
        )
        async with aclosing(changes):
            await body(Watching(changes, broken))
        await cluster.aclose()

    asyncio.run(run())


def test_what_is_there_is_told_first_and_then_each_change(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        fake.put("pods", pod("b"))
        fake.change("pods", "a", {"status": {"phase": "Running"}})
        fake.delete("pods", "b")
        assert [await watch.next() for _ in range(3)] == [
            *[("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")],
        ]

    watching(fake, body)


def test_selectors_are_handed_to_the_api(fake: FakeCluster) -> None:
    fake.put("pods", pod("a", job="x"))
    fake.put("pods", pod("b", job="x"))
    fake.put("pods", pod("c", job="y"))

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "b")
        fake.put("pods", pod("a", job="x"))
        fake.put("pods", pod("b", job="x", more="z"))
        assert await watch.next() == ("MODIFIED", "b")

    watching(fake, body, labels="job=x", fields="metadata.name=b")


def test_a_watch_that_ends_is_begun_again_where_it_stopped(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))
    fake.watch_s = 0.05

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 3)
        fake.put("pods", pod("b"))
        assert await following == ("ADDED", "b")
        assert watch.broken == []

    watching(fake, body)
    lists = [one for one in fake.asked if one.path == PODS and "watch" not in one.query]
    assert len(lists) == 1


def test_a_broken_connection_is_told_and_loses_nothing(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 1)
        fake.drop()
        fake.put("pods", pod("b"))
        assert await following == ("ADDED", "b")
        assert len(watch.broken) >= 1

    watching(fake, body)


def test_a_forgotten_version_is_listed_anew_and_told_as_changes(fake: FakeCluster) -> None:
    """What came, changed and went in between is told; what stayed is not."""
    for name in ("stays", "changes", "goes"):
        fake.put("pods", pod(name))

    async def body(watch: Watching) -> None:
        assert [(await watch.next())[0] for _ in range(3)] == ["ADDED"] * 3
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 1)
        with fake.changed:  # nothing is told before all of it has happened
            fake.forget()
            fake.delete("pods", "goes")
            fake.put("pods", pod("comes"))
            fake.change("pods", "changes", {"status": {}})
        found = [await following, await watch.next(), await watch.next()]
        assert sorted(found) == [("ADDED", "comes"), ("DELETED", "goes"), ("MODIFIED", "changes")]
        fake.put("pods", pod("last"))
        assert await watch.next() == ("ADDED", "last")
        assert watch.broken == []

    watching(fake, body)


def test_a_bookmark_moves_the_version_and_is_not_told(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))
    fake.watch_s = 0.2

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 1)
        marked = str(int(fake.watches("pods")[0]) + 1)
        fake.bookmark()
        await asyncio.to_thread(fake.wait_for, lambda: marked in fake.watches("pods"))
        fake.put("pods", pod("b"))
        assert await following == ("ADDED", "b")

    watching(fake, body)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"type": "ADDED"}', "null", '{"type": 1, "object": {}}']
)
def test_an_event_that_is_none_is_a_broken_connection(fake: FakeCluster, text: str) -> None:
    fake.put("pods", pod("a"))
    garbage = [text]

    def answer(asked: Any) -> Any:
        if "watch" in asked.query and garbage:
            return iter([garbage.pop() + "\n"])
        return None

    fake.rules.insert(0, answer)

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 2)
        fake.put("pods", pod("b"))
        assert await following == ("ADDED", "b")
        assert len(watch.broken) == 1

    watching(fake, body)


def test_text_may_hold_what_breaks_lines_elsewhere(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))
    odd = "one\u2028two\x85three"
    event = '{"type": "ADDED", "object": {"metadata": {"name": "%s", "uid": "u", "resourceVersion": "7"}}}\n'
    fake.rules.insert(0, lambda asked: iter([event % odd]) if "watch" in asked.query else None)

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        assert await watch.next() == ("ADDED", odd)

    watching(fake, body)


def test_a_refusal_ends_it_at_once(fake: FakeCluster) -> None:
    fake.on("GET", PODS, forbidden("watch", "pods"))

    async def body(watch: Watching) -> None:
        with pytest.raises(ClusterError, match=r"cannot watch pods in namespace demo") as caught:
            await watch.next()
        assert caught.value.status == 403

    watching(fake, body)


def test_an_api_that_stays_away_ends_it_after_two_minutes(fake: FakeCluster) -> None:
    fake.on("GET", PODS, (503, {"message": "etcd is away"}))
    now = iter(range(0, 10_000, 100))

    async def body(watch: Watching) -> None:
        with pytest.raises(ClusterError, match="etcd is away"):
            await watch.next()

    watching(fake, body, clock=lambda: float(next(now)))
    assert len(fake.asked) == 2


def test_an_api_that_comes_back_is_followed_further(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))
    away = [(503, {"message": "etcd is away"})] * 2
    fake.rules.insert(0, lambda _: away.pop() if away else None)

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")

    watching(fake, body)
    assert len(fake.asked) == 3


def test_it_can_be_cancelled_at_any_time(fake: FakeCluster) -> None:
    fake.put("pods", pod("a"))

    async def body(watch: Watching) -> None:
        assert await watch.next() == ("ADDED", "a")
        following = asyncio.create_task(watch.next())
        await watch.begun(fake, 1)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    watching(fake, body)
