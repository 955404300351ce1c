"""Async servers from plain code: an event loop in a thread of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

__all__ = ["in_background"]

T = TypeVar("T")


@contextmanager
def in_background(manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Hold an async context manager open in the event loop of a background thread."""
    with start_blocking_portal() as portal:
        entered = portal.wrap_async_context_manager(manager)
        value = entered.__enter__()
        try:
            yield value
        finally:
            # The caller's exception stays out of it: task groups would hand it back as a group.
            entered.__exit__(None, None, None)
