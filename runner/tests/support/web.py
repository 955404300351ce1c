"""The engine's HTTP clients within this process: an event loop that lasts for many requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self, TypeVar

from agentrig.steps import Clients, Request

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

    from agentrig.steps import Response

__all__ = ["Web"]

T = TypeVar("T")


class Web:
    """Keeps an event loop and its connections; a context manager."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.clients = Clients()

    def __enter__(self) -> Self:
        self.run(self.clients.__aenter__())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.run(self.clients.__aexit__(exc_type, exc, traceback))
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def send(self, url: str, *, method: str = "GET", **more: Any) -> Response:
        return self.run(self.clients.send(Request(method=method, url=url, **more)))
