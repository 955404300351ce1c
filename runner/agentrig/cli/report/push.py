"""`agentrig report push`: what a search server did not take when its run ended."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig.cli._search_options import search_of, search_options
from agentrig.cli._sources import journal_of, merge_sources, run_in_store
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
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Send everything again, not what is left.")
@click.option(
    "--secrets",
    envvar="AGENTRIG_RUN_SECRETS",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of secrets, a file each, as Kubernetes mounts them. Else from the environment.",
)
@search_options
def push(sources: tuple[str, ...], *, everything: bool, secrets: Path | None, **search: Any) -> int:
    """Send results to a search server that did not take them when their run ended.

    SOURCE is a results folder: what its run has left to be sent, or all of it where nothing is
    left or the run was killed. Or a journal (events.jsonl), the log of a pod that ran with
    --log-journal, `-` for standard input, or a run that is kept in a store, as
    s3://BUCKET/PREFIX/runs/RUN. What is there already stays as it is, so that nothing is doubled.

    Exits with 3 if anything was not taken: then it is kept where it was.
    """
    settings = search_of(search, secrets)
    if settings is None:
        raise UsageError("--search-url is missing: where is it to be sent?")
    pusher = Pusher(settings)
    try:
        _push(pusher, sources, everything=everything)
    finally:
        pusher.close()
    return _say(pusher, settings, again=f"`agentrig report push {' '.join(sources)}`")


def _push(pusher: Pusher, sources: Sequence[str], *, everything: bool) -> None:
    if stored := run_in_store(sources):
        from agentrig.cli._stored_sources import merge_stored  # noqa: PLC0415  # seldom

        with tempfile.TemporaryDirectory(prefix="agentrig-") as work:
            pusher.push_records(merge_stored(stored, to=Path(work)).merged.records())
        return
    files = [Path(source) for source in sources]
    spools = [spool for file in files if (spool := file / SPOOL_FOLDER).is_dir()]
    if everything or len(spools) < len(files) or not all(_has_end(file) for file in files):
        pusher.push_records(_records(files))
    for spool in spools:
        pusher.push_spool(spool)


def _say(pusher: Pusher, settings: SearchSettings, *, again: str) -> int:
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
