"""Ctrl-C and SIGTERM while a run is followed: the work is cancelled in order, and the signal told."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

__all__ = ["Interrupted", "run_interruptible", "unshaken"]

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):  # noqa: N818  # somebody's wish, no error
    """A signal came while something was going on."""


def run_interruptible(work: Coroutine[None, None, T]) -> T:
    """Run `work` to its end. Raises Interrupted once a signal has cancelled it.

    Only the first signal cancels: what `work` cleans up after itself is not cut short.
    """
    return asyncio.run(_guarded(work))


async def _guarded(work: Coroutine[None, None, T]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    came: list[int] = []

    def cancel(number: int) -> None:
        if not came:
            task.cancel()
        came.append(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, cancel, number)
    try:
        return await task
    except asyncio.CancelledError:
        if came:
            raise Interrupted(signal.Signals(came[0]).name) from None
        raise
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


@contextmanager
def unshaken() -> Iterator[None]:
    """Let no signal disturb what must be ended: a cancelled CI job sends one after the other."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
