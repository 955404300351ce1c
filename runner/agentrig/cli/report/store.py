"""`agentrig report store`: results that could not be kept when their run ended."""

from __future__ import annotations

from pathlib import Path

import click

from agentrig.store import keep_results, open_store

__all__ = ["store"]


@click.command()
@click.argument(
    "results", metavar="RESULTS", type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option(
    "--store",
    "url",
    required=True,
    envvar=["AGENTRIG_REPORT_STORE", "AGENTRIG_RUN_STORE"],
    metavar="URL",
    help="Where to: s3://BUCKET/PREFIX, or a folder.",
)
def store(results: Path, *, url: str) -> None:
    """Put a results folder where many runs are kept.

    What its run has put there already is completed. To do it again changes nothing.
    """
    kept = open_store(url)
    put = keep_results(kept, results)
    click.echo(f"{len(put.files)} files of run {put.run} are in {kept.url}/{put.folder}")
