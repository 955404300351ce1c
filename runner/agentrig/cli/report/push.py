"""`agentrig report push`: what a search server did not take when its run ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig.cli._search_options import search_of, search_options
from agentrig.cli._sources import journal_of, merge_sources
from agentrig.errors import ReportError, UsageError
from agentrig.events import RunFinished
from agentrig.reporters import JOURNAL_FILE, read_journal
from agentrig.search import SPOOL_FOLDER, Pusher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agentrig.events import Record
    from agentrig.search import SearchSettings

__all__ = ["push"]


@click.command(context_settings={"auto_envvar_prefix": "AGENTRIG_REPORT_PUSH"})
@click.argument(
    "sources",
    metavar="SOURCE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
)
@click.option("--all", "everything", is_flag=True, help="Send everything again, not what is left.")
@click.option(
    "--secrets",
    envvar="AGENTRIG_RUN_SECRETS",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of secrets, a file each, as Kubernetes mounts them. Else from the environment.",
)
@search_options
def push(
    sources: tuple[Path, ...], *, everything: bool, secrets: Path | None, **search: Any
) -> int:
    """Send results to a search server that did not take them when their run ended.

    SOURCE is a results folder: what its run has left to be sent, or all of it where nothing is
    left or the run was killed. Or a journal (events.jsonl), or the log of a pod that ran with
    --log-journal; `-` reads standard input. What is there already stays as it is, so that nothing
    is doubled.

    Exits with 3 if anything was not taken: then it is kept where it was.
    """
    settings = search_of(search, secrets)
    if settings is None:
        raise UsageError("--search-url is missing: where is it to be sent?")
    pusher = Pusher(settings)
    try:
        again = _push(pusher, sources, everything=everything)
    finally:
        pusher.close()
    return _say(pusher, settings, again)


def _push(pusher: Pusher, sources: Sequence[Path], *, everything: bool) -> str:
    """Send what the sources have; say how it is sent again."""
    spools = [source / SPOOL_FOLDER for source in sources if (source / SPOOL_FOLDER).is_dir()]
    is_left_only = len(spools) == len(sources) and all(_has_end(source) for source in sources)
    if everything or not is_left_only:
        pusher.push_records(_records(sources))
    for spool in spools:
        pusher.push_spool(spool)
    named = " ".join(str(source) for source in sources)
    return f"`agentrig report push {named}`"


def _say(pusher: Pusher, settings: SearchSettings, again: str) -> int:
    counts = pusher.counts
    for warning in (pusher.warning, counts.simplified(settings.url)):
        if warning:
            click.echo(f"warning: {warning}", err=True)
    click.echo(f"{counts.delivered} of {counts.documents} documents are in {settings.url}")
    if shortfall := counts.shortfall(settings.url, where="their source", again=again):
        raise ReportError(shortfall)
    return 0


def _has_end(results: Path) -> bool:
    """Tell whether a run got to its end: then its spool has all that was not delivered."""
    if not (results / JOURNAL_FILE).exists():
        return True
    last: Record | None = None
    for record in _records([results]):
        last = record
    return last is not None and isinstance(last.event, RunFinished)


def _records(sources: Sequence[Path]) -> Iterable[Record]:
    if len(sources) > 1:
        return merge_sources(sources).merged.records()
    name, journal = journal_of(sources[0])
    return _one(read_journal(journal, name=name), name)


def _one(records: Iterator[Record], name: str) -> Iterator[Record]:
    first = next(records, None)
    if first is None:
        raise ReportError(f"{name}: the journal is empty: there is nothing to be sent")
    yield first
    yield from records
