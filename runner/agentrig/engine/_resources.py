"""Things that a run has one of: tokens, clients of a cluster."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

__all__ = ["RunResources"]

T = TypeVar("T")


class RunResources:
    """Makes each thing once, however many scenarios ask for it at the same time."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._made: dict[str, Any] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Give what `make` made for `key`; what raises is made again for the next who asks."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._made:
                self._made[key] = await make()
        made: T = self._made[key]
        return made

    async def __aenter__(self) -> Self:
        """Open."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what can be closed, last made first."""
        for made in reversed(self._made.values()):
            if close := getattr(made, "aclose", None):
                await close()
        self._made.clear()
