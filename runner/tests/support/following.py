"""A run of a fake cluster that is followed, by a clock that waits for nothing."""

from __future__ import annotations

import asyncio
import io
import re
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch import Followed, PlainView, follow, read_workload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.fake_cluster import FakeCluster

__all__ = ["Following", "following"]

# Of real time, for each half second of the run's.
_TICK_S = 0.01
WITHIN_S = 60


class FastClock:
    """Time that passes by sleeping, while others get their turn."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(_TICK_S)
        self.now_s += seconds


@dataclass
class Following:
    """What is shown, and what comes of it in the end."""

    fake: FakeCluster
    clock: FastClock = field(default_factory=FastClock)
    output: io.StringIO = field(default_factory=io.StringIO)
    future: Future[Followed] = field(default_factory=Future)

    def wait_for(self, text: str) -> None:
        """Wait until a line with `text` is shown."""
        self.fake.wait_for(lambda: text in self.output.getvalue() or self.future.done())
        assert text in self.output.getvalue()

    def ended(self) -> Followed:
        return self.future.result(WITHIN_S)

    @property
    def lines(self) -> list[str]:
        """What was shown, without the times at which it was."""
        return [re.sub(r"^ *\d+ s  ", "", one) for one in self.output.getvalue().splitlines()]


class _Output(io.StringIO):
    """Wakes whoever waits for what is written."""

    def __init__(self, fake: FakeCluster) -> None:
        super().__init__()
        self._fake = fake

    def write(self, text: str) -> int:
        with self._fake.changed:
            self._fake.changed.notify_all()
            return super().write(text)


@contextmanager
def following(
    fake: FakeCluster,
    workload: dict[str, Any],
    *,
    logs: Path,
    timeout_s: float | None = None,
    awaited_secrets: frozenset[str] = frozenset(),
) -> Iterator[Following]:
    """Follow `workload`, a Job or Pod that was put into the cluster, in another thread."""
    one = Following(fake, output=_Output(fake))
    tasks: list[Any] = []

    async def run() -> Followed:
        tasks.append((asyncio.get_running_loop(), asyncio.current_task()))
        settings = KubernetesSettings(namespace="demo", server=fake.url)
        cluster = AsyncCluster(settings)
        try:
            return await follow(
                cluster,
                replace(read_workload(workload), awaited_secrets=awaited_secrets),
                view=PlainView(one.output),
                logs=logs,
                timeout_s=timeout_s,
                sleep=one.clock.sleep,
                clock=one.clock,
            )
        finally:
            await cluster.aclose()
            with fake.changed:
                fake.changed.notify_all()

    with ThreadPoolExecutor(1) as pool:
        one.future = pool.submit(asyncio.run, run())
        try:
            yield one
        finally:
            if tasks and not one.future.done():
                # A failed test has left it behind.
                loop, task = tasks[0]
                loop.call_soon_threadsafe(task.cancel)
