"""`agentrig attach`: a run that is going on, or is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentrig._collector import importing
from agentrig.cli._cluster_options import (
    cluster_options,
    namespace_of,
    plain_or_live_view,
    results_option,
    seconds_of,
)
from agentrig.cli._webhook_options import webhook_of, webhook_options

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["attach"]


@click.command()
@click.argument("release")
@click.option("--job", metavar="NAME", help="A run of its own. Default: the newest.")
@cluster_options
@click.option("--timeout", metavar="TIME", help="Longest that the run is waited for, such as 30m.")
@click.option("--logs", is_flag=True, help="Print the log of each pod at the end.")
@results_option
@webhook_options
def attach(
    release: str,
    *,
    job: str | None,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: Path | None,
    timeout: str | None,
    logs: bool,
    results: Path,
    **others: Any,
) -> int:
    """Follow a run until it ends, and exit with the run's code.

    RELEASE may have been launched, installed with helm, or be a CronJob whose newest run is
    meant. A run that is over gives its results at once. Ctrl-C leaves the run alone.
    """
    with importing():
        from agentrig import launch as launching  # noqa: PLC0415  # 100 ms

    webhook = webhook_of(others, store=None, name=release)
    timeout_s = seconds_of(timeout, "--timeout") if timeout else None
    return launching.attach(
        release,
        namespace=namespace_of(
            namespace=namespace, kube_context=kube_context, kubeconfig=kubeconfig
        ),
        context=kube_context,
        job=job,
        results=results,
        logs=logs,
        timeout_s=timeout_s,
        view=plain_or_live_view(),
        say=lambda message: click.echo(message, err=True),
        webhook=webhook,
    )
