"""A restartable server with an environment: the embedded demo's counterpart of a deployment."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import anyio

from agentrig.demo.serving import listen, port_of, serving
from agentrig.errors import AgentrigError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.types import ASGIApp

    AppFactory = Callable[[Mapping[str, str]], AbstractAsyncContextManager[Sequence[ASGIApp]]]

__all__ = ["Workload"]

_FINISH_WITHIN_S = 1
_RETRY_AFTER_S = 0.2
_SAID_LINES = 1_000


class Workload:
    """One or more applications that share a life: built from an environment, served, replaced.

    `generation` counts the environments asked for, `observed_generation` is the newest that was
    acted upon, and `available` says whether that one is being served, as a Deployment's do.
    With no `replicas` nothing is. A replacement starts when the old one is gone, since both need
    the same ports. `said` is its log: seconds since the epoch, and a line.
    """

    def __init__(
        self,
        *,
        name: str,
        container: str,
        environment: Mapping[str, str],
        listeners: Sequence[socket.socket],
        factory: AppFactory,
    ) -> None:
        self.name = name
        self.container = container
        self.environment = dict(environment)
        self.annotations: dict[str, str] = {}
        self.replicas = 1
        self.generation = 1
        self.observed_generation = 0
        self.started = anyio.Event()
        self.available = False
        self.failure: str | None = None
        self.said: deque[tuple[float, str]] = deque(maxlen=_SAID_LINES)
        self.ports = [port_of(listener) for listener in listeners]
        self._host: str = listeners[0].getsockname()[0]
        self._listeners = list(listeners)
        self._factory = factory
        self._stopping = False
        self._changed = anyio.Event()

    def replace(
        self, *, environment: Mapping[str, str], annotations: Mapping[str, str], replicas: int = 1
    ) -> None:
        """Ask for a new environment, or for no replica; the restart goes on after this returns."""
        self.environment = dict(environment)
        self.annotations = dict(annotations)
        self.replicas = replicas
        self.generation += 1
        self._changed.set()

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stopping = True
        self._changed.set()

    async def run(self) -> None:
        """Serve until `stop`; sets `started` when the first environment is served."""
        while not self._stopping:
            self._changed = anyio.Event()
            if self.observed_generation != self.generation:
                self.observed_generation = self.generation
                self.said.clear()  # a new pod
            try:
                if self.replicas:
                    await self._serve()
                else:
                    self.failure = None
                    await self._changed.wait()
            except* AgentrigError as failures:
                if not self.started.is_set():
                    raise
                # As a kubelet would: say why, and try again (a port may come free, an
                # environment that makes no sense may be replaced).
                self.failure = str(failures.exceptions[0])
                self._say(f"cannot start: {self.failure}")
                with anyio.move_on_after(_RETRY_AFTER_S):
                    await self._changed.wait()
            finally:
                self.available = False
        self._close()

    async def _serve(self) -> None:
        try:
            async with self._factory(self.environment) as apps:
                listeners = self._open()
                apps_by_listener = dict(zip(listeners, apps, strict=True))
                async with serving(apps_by_listener, finish_within_s=_FINISH_WITHIN_S):
                    self.available, self.failure = True, None
                    self.started.set()
                    self._say(f"serving on {', '.join(map(str, self.ports))}")
                    await self._changed.wait()
                    self.available = False
                    self._say("ending")
        finally:
            self._close()

    def _say(self, text: str) -> None:
        self.said.append((time.time(), text))

    def _open(self) -> list[socket.socket]:
        if not self._listeners:
            for port in self.ports:
                self._listeners.append(listen(self._host, port, what=self.name))
        return self._listeners

    def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners = []
