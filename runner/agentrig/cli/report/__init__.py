"""`agentrig report`: what can be made of results that are there."""

from __future__ import annotations

import click

from agentrig.cli._lazy_group import LazyGroup

__all__ = ["report"]

_COMMANDS = {
    "dashboards": (
        "agentrig.cli.report.dashboards:dashboards",
        "Show results in Kibana 8/9 or OpenSearch Dashboards 2/3.",
    ),
    "history": (
        "agentrig.cli.report.history:history",
        "Make pages of trends from the results of many runs.",
    ),
    "push": (
        "agentrig.cli.report.push:push",
        "Send results to a search server that did not take them when their run ended.",
    ),
    "rebuild": (
        "agentrig.cli.report.rebuild:rebuild",
        "Rebuild the reports of a run, and exit with the run's code.",
    ),
    "store": (
        "agentrig.cli.report.store:store",
        "Put a results folder where many runs are kept.",
    ),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS, default="rebuild")
def report() -> None:
    """Make reports of results: a run's own again, or of many runs.

    `agentrig report SOURCE...` is short for `agentrig report rebuild SOURCE...`.
    """
