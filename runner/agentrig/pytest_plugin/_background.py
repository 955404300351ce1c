"""What Python tests execute: an event loop of its own, because the engine's may have ended.

It begins when the first test asks for it, and lasts as long as the run: its tests share its
connections, tokens and clients, as the scenarios of the engine share theirs.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager

    from agentrig.engine import ScenarioRun

__all__ = ["Background", "Execution"]

SIGNALS_EVERY_S = 0.2
# What a test left running is cancelled, and has so long to undo what it did.
CLOSED_WITHIN_S = 10.0

T = TypeVar("T")


class Execution(Generic[T]):
    """Something that the background executes; whoever asked for it waits, in a thread or a loop."""

    def __init__(self) -> None:
        """Begin without a task: the loop makes it."""
        self.outcome: Future[T] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]
    ) -> asyncio.Task[None]:
        """Execute `work`. Called within the loop."""
        self._loop, self._task = loop, loop.create_task(self._settle(work))
        return self._task

    def result(self) -> T:
        """Wait for the end; an exception that ends the wait, such as Ctrl-C, cancels the work.

        Its teardown is waited for, unless a second exception comes.
        """
        try:
            self._wait()
        except BaseException:
            self._cancel()
            try:
                self._wait()
            except BaseException:
                self._cancel()
                raise
            raise
        return self.outcome.result()

    async def result_async(self) -> T:
        """Wait as `result` does, within another event loop."""
        waiting = asyncio.wrap_future(self.outcome)
        try:
            await asyncio.wait([waiting])
        except asyncio.CancelledError:
            self._cancel()
            try:
                await asyncio.wait([waiting])
            except asyncio.CancelledError:
                self._cancel()
                raise
            raise
        return waiting.result()

    def _wait(self) -> None:
        # A signal that comes just before a wait begins, or to another thread, does not end it.
        while not wait([self.outcome], timeout=SIGNALS_EVERY_S).done:
            pass

    def _cancel(self) -> None:
        if self._loop and self._task:
            with suppress(RuntimeError):  # the loop is closed: there is nothing left to cancel
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _settle(self, work: Coroutine[Any, Any, T]) -> None:
        try:
            self.outcome.set_result(await work)
        except asyncio.CancelledError:
            self.outcome.cancel()
            self.outcome.set_running_or_notify_cancel()  # else nobody who waits is told
        except BaseException as error:  # noqa: BLE001  # told to whoever waits
            self.outcome.set_exception(error)


class Background:
    """An event loop in a thread of its own, made when something is first submitted."""

    def __init__(self, open_run: Callable[[], AbstractAsyncContextManager[ScenarioRun]]) -> None:
        """Keep how to make what scenarios share."""
        self._open_run = open_run
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ready: Future[tuple[asyncio.AbstractEventLoop, ScenarioRun]] = Future()
        self._closing: asyncio.Event | None = None
        self._context = contextvars.Context()
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, work: Callable[[ScenarioRun], Coroutine[Any, Any, T]]) -> Execution[T]:
        """Let the loop execute `work`. Safe for threads."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name="agentrig-python-tests", daemon=True
                )
                self._thread.start()
        loop, run = self._ready.result()
        execution: Execution[T] = Execution()

        def begin() -> None:
            task = execution.start(loop, work(run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        # In the context in which the loop's own things were made, not in that of the caller.
        loop.call_soon_threadsafe(begin, context=self._context)
        return execution

    def cancel(self) -> None:
        """Cancel what runs, without waiting: teardowns too, the second time."""
        if self._thread is None or self._ready.exception():
            return
        loop, _ = self._ready.result()
        with suppress(RuntimeError):  # closed already
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in list(self._tasks)])

    def close(self) -> None:
        """Cancel what still runs, and close all connections."""
        if self._thread is None or self._ready.exception() or self._closing is None:
            return
        loop, _ = self._ready.result()
        with suppress(RuntimeError):  # closed already
            loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(CLOSED_WITHIN_S)

    def _serve(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001  # told to whoever submits
            if not self._ready.done():
                self._ready.set_exception(error)

    async def _main(self) -> None:
        self._closing = asyncio.Event()
        async with self._open_run() as run:
            self._context = contextvars.copy_context()
            self._ready.set_result((asyncio.get_running_loop(), run))
            await self._closing.wait()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
