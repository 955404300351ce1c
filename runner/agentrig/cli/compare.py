"""`agentrig compare`: what differs between two runs."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.cli._labels import labels_of
from agentrig.cli._sources import journal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.history import Comparison, Run

__all__ = ["compare"]

_NOTHING = 5


class _Share(click.ParamType[float]):
    """A share: `25%` or `0.25`."""

    name = "share"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value)
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not (share >= 0 and math.isfinite(share)):
            self.fail(f"'{text}' is no share, such as 25%", param, ctx)
        return share


class _Drop(click.ParamType[tuple[str | None, float]]):
    """A share for one metric, or for all scores: `faithfulness=10%` or `10%`."""

    name = "drop"

    def convert(
        self,
        value: str | tuple[str | None, float],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str | None, float]:
        if not isinstance(value, str):
            return value
        name, separator, share = value.rpartition("=")
        return name if separator else None, _Share().convert(share, param, ctx)


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "markdown", "json", "html"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=VALUE",
    help="Of a side with many runs, the newest with this label. Repeatable.",
)
@click.option(
    "--max-slowdown",
    type=_Share(),
    metavar="SHARE",
    help="Exit with 1 if a scenario takes longer by more than this, such as 50%.",
)
@click.option(
    "--max-metric-drop",
    "drops",
    type=_Drop(),
    multiple=True,
    metavar="[NAME=]SHARE",
    help="Exit with 1 if a score, or the metric NAME, falls by more than this. Repeatable.",
)
def compare(
    before: str,
    after: str,
    *,
    output_format: str,
    labels: tuple[str, ...],
    max_slowdown: float | None,
    drops: tuple[tuple[str | None, float], ...],
) -> int:
    """Compare the run B with the run A, scenario by scenario.

    Each is a results folder, a journal, the log of a pod, or a run in a store
    (s3://BUCKET/PREFIX/runs/ID); of a store, or a folder of many results, the newest run that has
    ended. Exit codes: 1 if something newly fails, or is beyond a limit that is given; 3 if nothing
    does, and a scenario has no verdict any more; else 0.
    """
    from agentrig import history  # noqa: PLC0415  # with sqlite3, 20 ms

    wanted = labels_of(labels)
    new = _run(after, wanted, other=None)
    old = _run(before, wanted, other=new)
    for source, run in ((before, old), (after, new)):
        if run is None:
            some = " with these labels" if wanted else ""
            click.echo(f"error: '{source}' has no run{some} to compare", err=True)
    if old is None or new is None:
        return _NOTHING
    limits = history.Limits(
        slowdown=max_slowdown,
        metric_drop=dict(drops).get(None),
        metric_drops={name: share for name, share in drops if name is not None},
    )
    found = history.compare(old, new, limits)
    sys.stdout.write(_written(found, output_format))
    return found.exit_code


def _run(source: str, labels: Mapping[str, str], *, other: Run | None) -> Run | None:
    """Read one side; of many runs, one with the labels that is not the `other` side."""
    from agentrig.history import condense_records, newest_run  # noqa: PLC0415
    from agentrig.reporters import read_journal  # noqa: PLC0415
    from agentrig.store import open_store  # noqa: PLC0415

    if "://" not in source and not Path(source).is_dir():
        name, journal = journal_of(Path(source))
        return condense_records(read_journal(journal, name=name), place=name)

    def is_wanted(run: Run) -> bool:
        is_other = other is not None and run.run == other.run
        return not is_other and labels.items() <= dict(run.labels).items()

    return newest_run(open_store(source), is_wanted)


def _written(found: Comparison, output_format: str) -> str:
    from agentrig.history import (  # noqa: PLC0415
        comparison_json,
        comparison_markdown,
        comparison_page,
        comparison_text,
    )

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    writers: Mapping[str, Callable[[Comparison], str]] = {
        "text": lambda one: comparison_text(one, colour=colour),
        "markdown": comparison_markdown,
        "json": comparison_json,
        "html": comparison_page,
    }
    return writers[output_format](found)
