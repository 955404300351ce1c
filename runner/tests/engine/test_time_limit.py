"""The time limit of one step after another."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import Mock

import pytest
import uvloop

from agentrig.engine._time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    RunIn = Callable[[Callable[[], Coroutine[Any, Any, "T"]]], "T"]

T = TypeVar("T")

LONG_S = 30.0


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run_in(request: pytest.FixtureRequest) -> RunIn[Any]:
    def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main())

    return run


def test_what_takes_longer_is_ended(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()
        with pytest.raises(TimeoutError), limit.of(0.02):
            await asyncio.sleep(LONG_S)
        assert limit.expired

    run_in(main)


def test_what_ends_in_time_is_left_alone(run_in: RunIn[str]) -> None:
    async def main() -> str:
        limit = TimeLimit()
        with limit.of(0.01):
            pass
        await asyncio.sleep(0.03)
        assert not limit.expired
        limit.close()
        return "went on"

    assert run_in(main) == "went on"


@pytest.mark.parametrize("seconds", [(LONG_S, 0.02), (0.01, 0.02), (0.02, LONG_S, 0.02)])
def test_each_use_has_its_own_limit(run_in: RunIn[None], seconds: tuple[float, ...]) -> None:
    async def main() -> None:
        limit = TimeLimit()
        *before, last = seconds
        for one in before:
            with limit.of(one):
                await asyncio.sleep(0)
            assert not limit.expired
        begin = time.monotonic()
        with pytest.raises(TimeoutError), limit.of(last):
            await asyncio.sleep(LONG_S)
        # uvloop counts in milliseconds.
        assert last - 0.002 <= time.monotonic() - begin < LONG_S

    run_in(main)


def test_it_can_be_used_again_after_it_has_ended_something(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()
        for _ in range(3):
            with pytest.raises(TimeoutError), limit.of(0.01):
                await asyncio.sleep(LONG_S)
        with limit.of(LONG_S):
            await asyncio.sleep(0)
        assert not limit.expired
        limit.close()

    run_in(main)


def test_more_time_can_be_given(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()
        with limit.of(0.01):
            limit.extend(LONG_S)
            await asyncio.sleep(0.05)
        assert not limit.expired
        limit.close()

    run_in(main)


def test_a_cancellation_by_another_comes_through(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()

        async def work() -> None:
            with limit.of(LONG_S):
                await asyncio.sleep(LONG_S)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not limit.expired
        limit.close()

    run_in(main)


def test_a_cancellation_by_another_outranks_the_time(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()

        async def work() -> None:
            with limit.of(0.01):
                try:
                    await asyncio.sleep(LONG_S)
                finally:
                    task.cancel()

        task = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await task

    run_in(main)


def test_a_task_that_was_cancelled_before_can_still_run_out_of_time(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()

        async def work() -> None:
            try:
                await asyncio.sleep(LONG_S)
            except asyncio.CancelledError:
                with pytest.raises(TimeoutError), limit.of(0.01):
                    await asyncio.sleep(LONG_S)
                raise

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_in(main)


def test_an_error_of_what_is_within_is_kept(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()

        async def fail() -> None:
            try:
                await asyncio.sleep(LONG_S)
            except asyncio.CancelledError as error:
                raise KeyError from error

        with pytest.raises(KeyError), limit.of(0.01):
            await fail()
        await asyncio.sleep(0)  # nothing is left of the cancellation

    run_in(main)


def test_it_is_for_one_thing_at_a_time(run_in: RunIn[None]) -> None:
    async def main() -> None:
        limit = TimeLimit()
        with limit.of(LONG_S), pytest.raises(RuntimeError, match="one thing at a time"):
            limit.of(LONG_S)
        limit.close()

    run_in(main)


def test_steps_that_end_in_time_set_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        call_at = Mock(wraps=loop.call_at)
        monkeypatch.setattr(loop, "call_at", call_at)
        limit = TimeLimit()
        for _ in range(100):
            with limit.of(LONG_S):
                pass
        limit.close()
        return call_at.call_count

    assert asyncio.run(main()) == 1
