"""`agentrig report rebuild`: everything again, from the journals of a run."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.cli._sources import MergedSource, journal_of, merge_sources, run_in_store
from agentrig.errors import ReportError
from agentrig.reporters import (
    JOURNAL_FILE,
    JournalReporter,
    Tally,
    TerminalReporter,
    github_reporters,
    make_reporter,
    read_journal,
    results_reporters,
)
from agentrig.stream import replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentrig.events import Record
    from agentrig.stream import Reporter

__all__ = ["rebuild"]


# Its options in the environment are those of `report`, under which it is called.
@click.command(context_settings={"auto_envvar_prefix": "AGENTRIG_REPORT"})
@click.argument(
    "sources",
    metavar="SOURCE...",
    nargs=-1,
    required=True,
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the journal and every report of it here: report.html, junit.xml, ...",
)
@click.option(
    "--reporter",
    "reporters",
    envvar="AGENTRIG_REPORT_REPORTER",
    multiple=True,
    metavar="NAME[=ARG]",
    help="Reporter of another package. Repeatable.",
)
def rebuild(sources: tuple[str, ...], *, results: Path | None, reporters: tuple[str, ...]) -> int:
    """Rebuild the reports of a run, and exit with the run's code.

    SOURCE is a results folder, a journal (events.jsonl), or the log of a pod that ran with
    --log-journal; `-` reads standard input, as in
    `kubectl logs job/NAME | agentrig report - --results results`.

    The logs of all shards of a run become one report; a shard that is missing is an
    infrastructure error (3). A run that is kept in a store is read with all of its shards and
    attempts, from s3://BUCKET/PREFIX/runs/RUN or FOLDER/runs/RUN.
    """
    try:
        if stored := run_in_store(sources):
            with tempfile.TemporaryDirectory(prefix="agentrig-") as work:
                from agentrig.cli._stored_sources import merge_stored  # noqa: PLC0415  # seldom

                merged = merge_stored(stored, to=Path(work), results=results)
                return _rebuild_merged(merged, results=results, wanted=reporters)
        files = [Path(source) for source in sources]
        if len(files) > 1:
            return _rebuild_merged(merge_sources(files), results=results, wanted=reporters)
        return _rebuild(files[0], results=results, wanted=reporters)
    except OSError as error:
        raise ReportError(f"cannot write '{error.filename}': {error.strerror}") from error


def _rebuild(source: Path, *, results: Path | None, wanted: Sequence[str]) -> int:
    name, journal = journal_of(source)
    if results:
        results.mkdir(parents=True, exist_ok=True)
        if results.resolve() not in {source.resolve(), source.resolve().parent}:
            (results / JOURNAL_FILE).write_bytes(journal)
    first = next(read_journal(journal, name=name), None)
    others = _others(wanted, results=results, run=first.run if first else "")
    tally = Tally()
    code = _replay(read_journal(journal, name=name), [tally, *_reports(results), *others])
    if tally.finished is None:
        click.echo("error: the run was killed: its journal has no end", err=True)
    return tally.exit_code if code is None else code


def _rebuild_merged(merged: MergedSource, *, results: Path | None, wanted: Sequence[str]) -> int:
    reporters: list[Reporter] = []
    if results:
        results.mkdir(parents=True, exist_ok=True)
        merged.refuse(results / JOURNAL_FILE)
        reporters.append(JournalReporter(results / JOURNAL_FILE))
    others = _others(wanted, results=results, run=merged.merged.run)
    code = _replay(merged.merged.records(), [*reporters, *_reports(results), *others])
    return merged.merged.exit_code if code is None else code


def _replay(records: Iterable[Record], reporters: Sequence[Reporter]) -> int | None:
    replayed = replay(records, reporters)
    for warning in replayed.warnings:
        click.echo(f"warning: {warning}", err=True)
    if replayed.problems:
        *others, last = replayed.problems
        for problem in others:
            click.echo(f"error: {problem}", err=True)
        # To write them is all that this command is for: their loss outranks what they say.
        raise last
    return replayed.exit_code


def _reports(results: Path | None) -> list[Reporter]:
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    shown = str(results) if results else None
    tally = Tally()
    terminal = TerminalReporter(sys.stdout, colour=colour, results=shown, tally=tally)
    # What ends last stands first.
    printed: list[Reporter] = [*github_reporters(sys.stdout, tally=tally), terminal]
    files = results_reporters(results, printed=printed, tally=tally) if results else printed
    return [tally, *files]


def _others(wanted: Sequence[str], *, results: Path | None, run: str) -> list[Reporter]:
    return [make_reporter(one, results=results, run=run) for one in wanted]
