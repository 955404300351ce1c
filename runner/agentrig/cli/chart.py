"""`agentrig chart`: where the chart is."""

from __future__ import annotations

import click

from agentrig.launch import bundled_chart

__all__ = ["chart"]


@click.command()
def chart() -> None:
    """Print where the chart is that comes with this package.

    For helm itself, as in
    `helm upgrade --install nightly "$(agentrig chart)" -f nightly.yaml`.
    """
    click.echo(bundled_chart())
