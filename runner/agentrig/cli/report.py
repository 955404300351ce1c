"""`agentrig report`: everything again, from the journal of a run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.errors import ReportError, UsageError
from agentrig.reporters import (
    JOURNAL_FILE,
    JUNIT_FILE,
    SUMMARY_FILE,
    JunitReporter,
    SummaryReporter,
    Tally,
    TerminalReporter,
    find_blocks,
    read_journal,
)

if TYPE_CHECKING:
    from agentrig.stream import Reporter

__all__ = ["report"]


@click.command()
@click.argument("source", metavar="SOURCE", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write events.jsonl, junit.xml and summary.json here.",
)
def report(source: Path, *, results: Path | None) -> int:
    """Rebuild the reports of a run, and exit with the run's code.

    SOURCE is a results folder, a journal (events.jsonl), or the log of a pod that ran with
    --log-journal; `-` reads standard input, as in
    `kubectl logs job/NAME | agentrig report - --results results`.
    """
    name, journal = _journal_of(source)
    try:
        return _rebuild(name, journal, source=source, results=results)
    except OSError as error:
        raise ReportError(f"cannot write '{error.filename}': {error.strerror}") from error


def _rebuild(name: str, journal: bytes, *, source: Path, results: Path | None) -> int:
    reporters: list[Reporter] = [
        tally := Tally(),
        TerminalReporter(
            sys.stdout,
            colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
            results=str(results) if results else None,
        ),
    ]
    if results:
        results.mkdir(parents=True, exist_ok=True)
        if results.resolve() not in {source.resolve(), source.resolve().parent}:
            (results / JOURNAL_FILE).write_bytes(journal)
        reporters += [
            JunitReporter(results / JUNIT_FILE),
            SummaryReporter(results / SUMMARY_FILE),
        ]
    for record in read_journal(journal, name=name):
        for reporter in reporters:
            reporter.receive(record)
    for reporter in reporters:
        reporter.close()
    if tally.finished is None:
        click.echo("error: the run was killed: its journal has no end", err=True)
    return tally.exit_code


def _journal_of(source: Path) -> tuple[str, bytes]:
    """Find the journal in `source`, with its name for messages."""
    if str(source) == "-":
        name, content, whole = "standard input", sys.stdin.buffer.read(), True
    else:
        file = source / JOURNAL_FILE if source.is_dir() else source
        name = str(file)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read '{file}': {error.strerror}") from error
        whole = file.name != JOURNAL_FILE
    begin = b'{"kind":'
    # A journal that is empty or cut in its first word is of a run that was killed at once.
    if content.lstrip().startswith(begin) or (not whole and begin.startswith(content)):
        return name, content
    blocks = find_blocks(content.decode("utf-8", errors="replace"), name=name)
    if not blocks:
        raise UsageError(
            f"{name}: neither a journal nor a log with a journal block (run with --log-journal)"
        )
    # A log may hold more than one attempt; the last one decided.
    return name, blocks[-1]
