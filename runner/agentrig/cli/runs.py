"""`agentrig runs`: what has run in a namespace, and what came of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from agentrig._collector import importing
from agentrig.cli._cluster_options import cluster_options, namespace_of

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.launch import Run

__all__ = ["runs"]


@click.command()
@cluster_options
@click.option("-A", "--all-namespaces", is_flag=True, help="The runs of all namespaces.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
def runs(
    *,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: Path | None,
    all_namespaces: bool,
    as_json: bool,
) -> int:
    """List the runs of a namespace, the newest first.

    Runs are those of the chart, whoever installed it, for as long as their Jobs are kept.
    """
    with importing():
        from agentrig import launch as launching  # noqa: PLC0415  # 100 ms
        from agentrig.kubernetes import AsyncCluster, KubernetesSettings  # noqa: PLC0415

    where = namespace_of(namespace=namespace, kube_context=kube_context, kubeconfig=kubeconfig)

    async def work() -> list[Run]:
        settings = KubernetesSettings(
            namespace="" if all_namespaces else where, context=kube_context
        )
        async with aclosing(AsyncCluster(settings)) as cluster:
            return await launching.list_runs(cluster)

    found = asyncio.run(work())
    now = dt.datetime.now(dt.UTC)
    if as_json:
        click.echo(launching.runs_json(found, now=now))
    elif found:
        click.echo(launching.runs_table(found, now=now, namespaces=all_namespaces))
    else:
        click.echo("no runs in " + ("any namespace" if all_namespaces else f"namespace {where}"))
    return 0
