"""One agent, sidecar or playground as a process of its own, as containers of a cluster run them."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from agentrig.demo.background import in_background
from agentrig.demo.playground_serving import PlaygroundSockets, running_playground
from agentrig.demo.serving import listen, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Iterator

    from agentrig.demo.manifests import Manifest
    from agentrig.demo.sidecar import SidecarConfig

__all__ = ["running_agent", "running_sidecar", "serving_playground"]

# Below the 30 s that Kubernetes gives a pod by default.
_FINISH_WITHIN_S = 5


@contextmanager
def running_agent(
    manifest: Manifest, *, host: str, port: int, sidecar_url: str | None
) -> Iterator[None]:
    """Run an agent in a background thread while the context is open."""
    with ExitStack() as stack:
        listener = stack.enter_context(listen(host, port, what=manifest.name))
        stack.enter_context(in_background(_agent(manifest, listener, sidecar_url=sidecar_url)))
        yield


@contextmanager
def running_sidecar(
    config: SidecarConfig, *, host: str, proxy_port: int, control_port: int
) -> Iterator[None]:
    """Run a sidecar in a background thread while the context is open."""
    name = config.manifest.name
    with ExitStack() as stack:
        proxy = stack.enter_context(listen(host, proxy_port, what=f"the proxy of {name}"))
        control = stack.enter_context(
            listen(host, control_port, what=f"the control plane of {name}")
        )
        stack.enter_context(in_background(_sidecar(config, proxy, control)))
        yield


@contextmanager
def serving_playground(*, host: str, ports: tuple[int, int, int]) -> Iterator[None]:
    """Run the playground in a background thread while the context is open."""
    with ExitStack() as stack:
        sockets = PlaygroundSockets(stack, host=host, ports=ports)
        stack.enter_context(
            in_background(running_playground(sockets, finish_within_s=_FINISH_WITHIN_S))
        )
        yield


@asynccontextmanager
async def _agent(
    manifest: Manifest, listener: socket.socket, *, sidecar_url: str | None
) -> AsyncIterator[None]:
    from agentrig.demo.agent import agent_app  # noqa: PLC0415 - brings starlette and httpx in

    async with (
        agent_app(manifest, sidecar_url=sidecar_url) as app,
        serving({listener: app}, finish_within_s=_FINISH_WITHIN_S),
    ):
        yield


@asynccontextmanager
async def _sidecar(
    config: SidecarConfig, proxy: socket.socket, control: socket.socket
) -> AsyncIterator[None]:
    from agentrig.demo.sidecar import sidecar_apps  # noqa: PLC0415 - brings starlette and httpx in

    async with (
        sidecar_apps(config) as (proxy_app, control_app),
        serving({proxy: proxy_app, control: control_app}, finish_within_s=_FINISH_WITHIN_S),
    ):
        yield
