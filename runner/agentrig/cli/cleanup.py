"""`agentrig cleanup`: releases that launch left behind."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from agentrig._collector import importing
from agentrig.cli._cluster_options import cluster_options, namespace_of, seconds_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cleanup"]


@click.command()
@click.option(
    "--older-than",
    metavar="TIME",
    default="7d",
    show_default=True,
    help="How long ago the run ended at the least, such as 12h.",
)
@cluster_options
@click.option("-A", "--all-namespaces", is_flag=True, help="In all namespaces.")
@click.option("--dry-run", is_flag=True, help="Tell what would go, and remove nothing.")
def cleanup(
    *,
    older_than: str,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: Path | None,
    all_namespaces: bool,
    dry_run: bool,
) -> int:
    """Uninstall finished runs that were launched with --keep, or left.

    Only releases that `agentrig launch` made are meant, never one whose run goes on.
    """
    with importing():
        from agentrig import launch as launching  # noqa: PLC0415  # 100 ms

    where = namespace_of(namespace=namespace, kube_context=kube_context, kubeconfig=kubeconfig)
    return launching.cleanup(
        namespace=None if all_namespaces else where,
        context=kube_context,
        older_than_s=seconds_of(older_than, "--older-than"),
        dry_run=dry_run,
        say=click.echo,
        now=dt.datetime.now(dt.UTC),
    )
