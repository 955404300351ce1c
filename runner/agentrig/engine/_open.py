"""What the scenarios of one event loop share, from the first of them to the last."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agentrig.engine._resources import RunResources
from agentrig.engine._scenario_run import ScenarioRun, configured_cluster
from agentrig.scenario import QueryWorkers
from agentrig.steps import Clients, step_kinds
from agentrig.targets import Pacer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from agentrig._secrets import Secrets
    from agentrig.engine._step_run import Publish
    from agentrig.kubernetes import KubernetesSettings
    from agentrig.targets import Resolver

__all__ = ["open_scenario_run"]


@asynccontextmanager
async def open_scenario_run(
    *,
    publish: Publish,
    resolver: Resolver,
    secrets: Secrets,
    run: Mapping[str, Any],
    pacer: Pacer | None = None,
    kubernetes: Callable[[], KubernetesSettings] | None = None,
    keep_exchanges: bool = False,
) -> AsyncIterator[ScenarioRun]:
    """Give what runs scenarios in this event loop; connections and tokens last as long.

    `run` is what scenarios read as `${run}`. Without a `pacer` the loop keeps the targets' rates
    by itself; `kubernetes` says which cluster is worked on, by default the one that is configured.
    `keep_exchanges` records what steps sent and got even if they passed.
    """
    async with RunResources() as resources, Clients() as clients, QueryWorkers():
        yield ScenarioRun(
            publish=publish,
            resolver=resolver,
            clients=clients,
            resources=resources,
            kinds=step_kinds(),
            secrets=secrets,
            run=run,
            pacer=pacer or Pacer(resolver.settings.rates),
            kubernetes=kubernetes or configured_cluster,
            keep_exchanges=keep_exchanges,
        )
