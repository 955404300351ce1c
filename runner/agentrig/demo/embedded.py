"""The demo in one process: five agents, their sidecars, and a stand-in for the Kubernetes API.

The playground, which the demo's own scenarios do not need, stands beside them if it is asked for.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import anyio

from agentrig.demo.background import in_background
from agentrig.demo.manifests import AGENTS, Manifest
from agentrig.demo.playground_serving import (
    FIXED_PORTS,
    PlaygroundSockets,
    PlaygroundUrls,
    running_playground,
)
from agentrig.demo.serving import listen, port_of, serving
from agentrig.demo.workload import Workload
from agentrig.errors import InfraError

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from starlette.types import ASGIApp

    from agentrig.demo import Ports

__all__ = ["AgentUrls", "Demo", "running_demo"]

_FIRST_FIXED_PORT = 4000
_FIXED_KUBE_PORT = 4013
_OPA_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUrls:
    """Where one agent is reached: through its sidecar's proxy; its control plane; itself."""

    proxy_url: str
    control_url: str
    app_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running demo: URLs by agent name, of the Kubernetes stand-in, and of the playground."""

    agents: Mapping[str, AgentUrls]
    kube_server: str
    playground: PlaygroundUrls | None = None

    def targets(self) -> dict[str, str]:
        """Give the URLs by target name, such as `gymcoach/proxy`."""
        targets = {
            f"{name}/{target}": url
            for name, urls in self.agents.items()
            for target, url in (("proxy", urls.proxy_url), ("control", urls.control_url))
        }
        if self.playground is not None:
            targets["playground/proxy"] = self.playground.url
        return targets


@contextmanager
def running_demo(
    *,
    ports: Ports = "free",
    host: str = "127.0.0.1",
    opa_url: str | None = None,
    playground: bool = False,
) -> Iterator[Demo]:
    """Run the demo in a background thread for as long as the context is open.

    `fixed` uses AgentSpec's local ports (4000 to 4009) for proxies and control planes, 4010 to
    4012 for the playground, which stands beside the agents if `playground` says so, and 4013 for
    the Kubernetes stand-in. Raises
    `PortInUseError` where one is taken, `UsageError` for an `opa_url` that is none, `InfraError`
    where it cannot decide. Nothing is printed and no signal is handled.
    """
    from agentrig.demo.sidecar import check_url  # noqa: PLC0415 - brings starlette and httpx in

    if opa_url is not None:
        check_url(opa_url, what="OPA_URL")
    with ExitStack() as stack:
        layout = _Layout(stack, ports=ports, host=host, playground=playground)
        yield stack.enter_context(in_background(_started(layout, opa_url=opa_url)))


class _Layout:
    """All sockets of a demo, opened before anything else starts, and the URLs they have."""

    def __init__(self, stack: ExitStack, *, ports: Ports, host: str, playground: bool) -> None:
        self._stack = stack
        self._host = host
        self.apps: dict[str, socket.socket] = {}
        self.sidecars: dict[str, tuple[socket.socket, socket.socket]] = {}
        for index, name in enumerate(AGENTS):
            proxy = control = 0
            if ports == "fixed":
                proxy = _FIRST_FIXED_PORT + 2 * index
                control = proxy + 1
            self.apps[name] = self._listen(0, what=name)
            self.sidecars[name] = (
                self._listen(proxy, what=f"the proxy of {name}"),
                self._listen(control, what=f"the control plane of {name}"),
            )
        kube_port = _FIXED_KUBE_PORT if ports == "fixed" else 0
        self.kube_server = self._listen(kube_port, what="the Kubernetes stand-in")
        self.playground: PlaygroundSockets | None = None
        if playground:
            doors = FIXED_PORTS if ports == "fixed" else (0, 0, 0)
            self.playground = PlaygroundSockets(stack, host=host, ports=doors)
        self.urls = {
            name: AgentUrls(
                proxy_url=self.url(proxy),
                control_url=self.url(control),
                app_url=self.url(self.apps[name]),
            )
            for name, (proxy, control) in self.sidecars.items()
        }

    def url(self, listener: socket.socket) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port_of(listener)}"

    def _listen(self, port: int, *, what: str) -> socket.socket:
        return self._stack.enter_context(listen(self._host, port, what=what))


@asynccontextmanager
async def _started(layout: _Layout, *, opa_url: str | None) -> AsyncIterator[Demo]:
    from agentrig.demo.kube_server import kube_app  # noqa: PLC0415 - brings starlette in

    if opa_url is not None:
        await _check_opa(opa_url)

    workloads = [
        workload
        for manifest in AGENTS.values()
        for workload in _workloads_of(manifest, layout, opa_url=opa_url)
    ]
    playground = layout.playground
    demo = Demo(
        agents=layout.urls,
        kube_server=layout.url(layout.kube_server),
        playground=playground.urls() if playground else None,
    )
    async with anyio.create_task_group() as tasks:
        try:
            for workload in workloads:
                tasks.start_soon(workload.run)
            for workload in workloads:
                await workload.started.wait()
            async with AsyncExitStack() as stack:
                kube = {layout.kube_server: kube_app(workloads)}
                await stack.enter_async_context(serving(kube, finish_within_s=1, websockets=True))
                if playground:
                    served = running_playground(playground, finish_within_s=1)
                    await stack.enter_async_context(served)
                yield demo
                # All at once with the stand-in: each takes uvicorn 0.2 s to close.
                for workload in workloads:
                    workload.stop()
        finally:
            for workload in workloads:
                workload.stop()


async def _check_opa(url: str) -> None:
    """Ask once: a demo whose every decision will be missing should not start."""
    from agentrig.demo.clients import internal_client  # noqa: PLC0415 - brings httpx in
    from agentrig.demo.policy import OpaPolicy, PolicyInput  # noqa: PLC0415 - as above

    subject = PolicyInput(phase="request", manifest=AGENTS["gymcoach"], method="GET", path="/")
    async with internal_client(timeout_s=_OPA_WITHIN_S) as client:
        decision = await OpaPolicy(url, client).decide(subject)
    if decision.error is not None:
        raise InfraError(f"the policy server of OPA_URL does not decide: {decision.error}")


def _workloads_of(
    manifest: Manifest, layout: _Layout, *, opa_url: str | None
) -> tuple[Workload, Workload]:
    urls = layout.urls[manifest.name]
    app = Workload(
        name=manifest.name,
        container="agent",
        environment={"AGENTSPEC_SIDECAR_URL": urls.control_url},
        listeners=[layout.apps[manifest.name]],
        factory=partial(_agent, manifest),
    )
    sidecar = Workload(
        name=f"{manifest.name}-sidecar",
        container="sidecar",
        environment={"OPA_PROXY_MODE": "track"} | ({"OPA_URL": opa_url} if opa_url else {}),
        listeners=layout.sidecars[manifest.name],
        factory=partial(_sidecar, manifest, urls),
    )
    return app, sidecar


@asynccontextmanager
async def _agent(
    manifest: Manifest, environment: Mapping[str, str]
) -> AsyncIterator[Sequence[ASGIApp]]:
    from agentrig.demo.agent import agent_app  # noqa: PLC0415 - brings starlette and httpx in

    async with agent_app(manifest, sidecar_url=environment.get("AGENTSPEC_SIDECAR_URL")) as app:
        yield [app]


@asynccontextmanager
async def _sidecar(
    manifest: Manifest, urls: AgentUrls, environment: Mapping[str, str]
) -> AsyncIterator[Sequence[ASGIApp]]:
    from agentrig.demo.sidecar import SidecarConfig, sidecar_apps  # noqa: PLC0415 - as above

    config = SidecarConfig.from_environment(
        environment, manifest=manifest, upstream=urls.app_url, public_url=urls.proxy_url
    )
    async with sidecar_apps(config) as apps:
        yield apps
