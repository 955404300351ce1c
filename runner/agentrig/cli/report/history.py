"""`agentrig report history`: what many runs say together."""

from __future__ import annotations

import datetime as dt
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.cli._labels import labels_of
from agentrig.errors import UsageError
from agentrig.scenario import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from agentrig.history import Cache, Loaded, Run

__all__ = ["history"]

_NOTHING = 5


@click.command()
@click.argument("source", metavar="DIR|s3://BUCKET/PREFIX")
@click.option(
    "--output",
    metavar="DIR|s3://BUCKET/PREFIX",
    default="history",
    show_default=True,
    help="Where the pages are put.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["site", "json"]),
    default="site",
    show_default=True,
    help="Pages, or all numbers as JSON on standard output.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only runs with this label, such as environment=staging. Repeatable.",
)
@click.option(
    "--since",
    metavar="TIME",
    help="Only runs since a date, such as 2026-11-01, or for so long, such as 30d.",
)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N runs.")
@click.option(
    "--reports-url",
    metavar="URL",
    help="Where a browser finds what is read. Default: from the pages, if both are folders or "
    "in one bucket.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where runs that were read are kept. Default: beside the pages.",
)
def history(
    source: str,
    *,
    output: str,
    output_format: str,
    labels: tuple[str, ...],
    since: str | None,
    last: int | None,
    reports_url: str | None,
    cache: Path | None,
) -> int:
    """Make pages of trends from the results of many runs.

    DIR is a store, or any folder below which results folders lie. Each run is read once, however
    often the pages are made. The exit code is 0 if there are pages, whatever they say; 3 if the
    store cannot be read, and 5 if no run is there, or none that is asked for.
    """
    from agentrig.history import (  # noqa: PLC0415
        Cache,
        cache_beside,
        load,
        put_page,
        site,
        trends,
        trends_json,
        trends_text,
        way_between,
    )
    from agentrig.store import open_store  # noqa: PLC0415

    begin_ms = _begin_ms(since, dt.datetime.now(dt.UTC))
    wanted = labels_of(labels)
    if "://" not in source and not Path(source).is_dir():
        raise UsageError(f"'{source}' is no folder: name one below which results lie")
    store = open_store(source)
    with ExitStack() as kept_open:
        if cache is None and output_format == "site":
            cache = kept_open.enter_context(cache_beside(output))
        kept = Cache(cache, source=store.url)
        kept_open.callback(_say_warning, kept)
        kept_open.enter_context(kept)
        loaded = load(store, kept)
        found = trends(_chosen(loaded, labels=wanted, begin_ms=begin_ms, last=last))
        if not found.runs:
            return _say_nothing(source, loaded)
        if output_format == "json":
            sys.stdout.write(trends_json(found, loaded.problems))
            return 0
        reports = reports_url.rstrip("/") + "/" if reports_url else way_between(output, source)
        filtered = _filtered(wanted, since=since, last=last)
        page = put_page(output, site(found, loaded.problems, reports=reports, filtered=filtered))
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(trends_text(found, loaded.problems, colour=colour))
    click.echo(f"\npages: {page}")
    return 0


def _say_warning(cache: Cache) -> None:
    if cache.warning:
        click.echo(f"warning: {cache.warning}", err=True)


def _filtered(labels: Mapping[str, str], *, since: str | None, last: int | None) -> str:
    words = [f"{name}={value}" for name, value in labels.items()]
    words += [f"since {since}"] if since else []
    words += [f"the last {last}"] if last else []
    return ", ".join(words)


def _chosen(
    loaded: Loaded, *, labels: Mapping[str, str], begin_ms: float, last: int | None
) -> Iterator[Run]:
    """Give the runs that are asked for, the oldest first."""
    if last is None:
        yield from _matching(loaded.runs(), labels, begin_ms)
        return
    newest: list[Run] = []
    for run in _matching(loaded.newest_first(), labels, begin_ms):
        newest.append(run)
        if len(newest) == last:
            break
    yield from reversed(newest)


def _matching(runs: Iterable[Run], labels: Mapping[str, str], begin_ms: float) -> Iterator[Run]:
    for run in runs:
        if run.begin_ms >= begin_ms and labels.items() <= dict(run.labels).items():
            yield run


def _say_nothing(source: str, loaded: Loaded) -> int:
    for problem in loaded.problems:
        click.echo(f"warning: {problem}", err=True)
    if loaded.count:
        words = f"none of the {loaded.count} runs below '{source}' is as --label and --since ask"
    else:
        words = f"no results below '{source}': run with --store, or name another folder"
    click.echo(f"error: {words}", err=True)
    return _NOTHING


def _begin_ms(since: str | None, now: dt.datetime) -> float:
    if since is None:
        return float("-inf")
    try:
        begin = dt.datetime.fromisoformat(since)
    except ValueError:
        try:
            begin = now - dt.timedelta(seconds=parse_duration(since))
        except (ValueError, OverflowError) as error:
            raise UsageError(
                f"--since '{since}' is neither a date, such as 2026-11-01, nor a time, such as 30d"
            ) from error
    return (begin if begin.tzinfo else begin.replace(tzinfo=dt.UTC)).timestamp() * 1000
