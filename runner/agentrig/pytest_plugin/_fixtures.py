"""Fixtures for Python modules; each works the same on a laptop and in a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.pytest_plugin._agents import Agent, wait_until_healthy
from agentrig.pytest_plugin._items import RUN
from agentrig.targets import Via

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentrig.kubernetes import Cluster
    from agentrig.pytest_plugin._run import Run

__all__ = ["agent", "cluster", "demo_cluster", "port_forward"]


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Agent]]:
    """Give `agent(name)`: the agent's URLs and httpx clients, wherever the run takes place."""
    run = request.config.stash[RUN]
    made: list[Agent] = []

    def make(name: str) -> Agent:
        proxy, control = (
            run.resolver.open(run.resolver.find(endpoint, agent=name))
            for endpoint in ("proxy", "control")
        )
        made.append(Agent(name, proxy=proxy, control=control))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def port_forward(
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[str, int, int], tuple[str, str]]]:
    """Give `port_forward(agent, proxy_port, control_port)` → (proxy_url, control_url).

    Waits up to 30 s until the control plane is healthy. Where the run goes by port-forward the
    tunnels use these local ports and are closed after the test; elsewhere nothing needs to be
    forwarded, and the URLs are the run's own.
    """
    from agentrig.kubernetes import PortForwards  # noqa: PLC0415  # 10 ms, seldom used

    run = request.config.stash[RUN]
    forwards = PortForwards(context=run.options.kube_context)

    def forward(agent: str, proxy_port: int, control_port: int) -> tuple[str, str]:
        urls = []
        for endpoint, local_port in (("proxy", proxy_port), ("control", control_port)):
            target = run.resolver.find(endpoint, agent=agent, local_port=local_port)
            if target.via is Via.PORT_FORWARD and target.service:
                forwards.forward(target.service, local_port=local_port)
                urls.append(f"http://localhost:{local_port}")
            else:
                urls.append(target.url)
        proxy_url, control_url = urls
        wait_until_healthy(f"{control_url}/health/live")
        return proxy_url, control_url

    yield forward
    forwards.close()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Give the cluster of the agents: apply, patch, set env, roll out, exec, wait, logs."""
    from agentrig.kubernetes import Cluster  # noqa: PLC0415  # 10 ms, seldom used

    one = Cluster(request.config.stash[RUN].kubernetes_settings())
    yield one
    one.close()


@pytest.fixture(scope="session")
def demo_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    """See that the demo's five agents are up and healthy.

    On a laptop without a demo the embedded one is started for the rest of the session; in a
    cluster, `charts/demo-agents` must have been installed.
    """
    from agentrig.demo.fixture import demo_is_up  # noqa: PLC0415  # the demo is an extra

    run: Run = request.config.stash[RUN]
    with demo_is_up(run.resolver) as demo:
        if demo:
            run.kube_server = demo.kube_server
        yield
