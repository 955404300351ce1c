"""Fixtures for Python modules; each works the same on a laptop and in a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig._choices import Via
from agentrig.pytest_plugin._agents import Agent, wait_until_healthy
from agentrig.pytest_plugin._async_tests import is_async
from agentrig.pytest_plugin._elk import ELK_PLUGIN, ElkReporter
from agentrig.pytest_plugin._items import RUN
from agentrig.pytest_plugin._python_tests import plan_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentrig.kubernetes import Cluster
    from agentrig.pytest_plugin._artifacts import SaveArtifact
    from agentrig.pytest_plugin._metrics import RecordMetric
    from agentrig.pytest_plugin._promises import Promises
    from agentrig.pytest_plugin._run import Run
    from agentrig.pytest_plugin._run_scenario import AsyncRunScenario, RunScenario
    from agentrig.pytest_plugin._steps import AsyncSteps, Steps
    from agentrig.pytest_plugin._test_steps import TestSteps

__all__ = [
    "_test_steps",
    "agent",
    "cluster",
    "demo_cluster",
    "elk_reporter",
    "port_forward",
    "record_metric",
    "run_scenario",
    "save_artifact",
    "steps",
]


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


@pytest.fixture
def _test_steps(request: pytest.FixtureRequest) -> Iterator[tuple[TestSteps, Promises]]:
    """Give what `steps` and `run_scenario` of one test share."""
    from agentrig.pytest_plugin._promises import Promises  # noqa: PLC0415  # for few tests
    from agentrig.pytest_plugin._test_steps import TestSteps  # noqa: PLC0415  # for few tests

    shared, promises = TestSteps(request.config.stash[RUN], request.node), Promises()
    yield shared, promises
    try:
        promises.check()
    finally:
        shared.undo()


@pytest.fixture
def steps(
    request: pytest.FixtureRequest, _test_steps: tuple[TestSteps, Promises]
) -> Steps | AsyncSteps:
    """Give `steps.KIND(...)`: every kind of step, called from Python.

    In an async test, they are awaited: `await steps.http(path="/chat")`. What they change, such
    as a cluster, is undone when the test ends.
    """
    from agentrig.pytest_plugin._steps import AsyncSteps, Steps  # noqa: PLC0415  # for few tests

    shared, promises = _test_steps
    return AsyncSteps(shared, promises) if is_async(request.function) else Steps(shared)


@pytest.fixture
def run_scenario(
    request: pytest.FixtureRequest, _test_steps: tuple[TestSteps, Promises]
) -> RunScenario | AsyncRunScenario:
    """Give `run_scenario(path, vars={...}, agent=...)`: a scenario of a file, run from Python.

    In an async test it is awaited.
    """
    from agentrig.pytest_plugin._run_scenario import (  # noqa: PLC0415  # for few tests
        AsyncRunScenario,
        RunScenario,
    )

    shared, promises = _test_steps
    if is_async(request.function):
        return AsyncRunScenario(shared, promises)
    return RunScenario(shared)


@pytest.fixture
def record_metric(request: pytest.FixtureRequest) -> RecordMetric:
    """Give `record_metric(name, value, unit=None)`: a number for the reports."""
    from agentrig.pytest_plugin._metrics import RecordMetric  # noqa: PLC0415  # for few tests

    return RecordMetric(request.config.stash[RUN].stream, plan_test(request.node).id)


@pytest.fixture(scope="session")
def elk_reporter(request: pytest.FixtureRequest) -> ElkReporter:
    """Give `append_test_data(request, {...})` and `session_data`: fields for a search index."""
    plugin = request.config.pluginmanager.get_plugin(ELK_PLUGIN)
    if not isinstance(plugin, ElkReporter):
        raise pytest.UsageError(f"another plugin has taken the name '{ELK_PLUGIN}'")
    return plugin


@pytest.fixture
def save_artifact(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> SaveArtifact:
    """Give `save_artifact(name, content, media_type=None)`: a file beside the reports.

    Without a folder of results, as in plain pytest, it goes to one that pytest removes in time.
    """
    from agentrig.pytest_plugin._artifacts import (  # noqa: PLC0415  # for few tests
        ArtifactFolder,
        SaveArtifact,
    )

    run, test = request.config.stash[RUN], plan_test(request.node).id
    if run.artifacts:
        return SaveArtifact(run.stream, test, run.artifacts, told=True)
    folder = ArtifactFolder(tmp_path_factory.mktemp("artifacts"))
    return SaveArtifact(run.stream, test, folder, told=False)
