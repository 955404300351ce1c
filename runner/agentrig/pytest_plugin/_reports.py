"""The reports of one run, in the order in which they receive; they end the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.reporters import (
    JOURNAL_FILE,
    JournalReporter,
    LiveReporter,
    LogBlockReporter,
    TerminalReporter,
    TerminationReporter,
    clear_artifacts,
    github_reporters,
    make_reporter,
    results_reporters,
)
from agentrig.reporters.log_block import COLUMNS, JSON_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.pytest_plugin._keeping import Keeping
    from agentrig.pytest_plugin._options import RunOptions
    from agentrig.reporters import Tally
    from agentrig.search import SearchSettings
    from agentrig.stream import Reporter
    from agentrig.webhook import WebhookSettings

__all__ = ["make_reporters", "search_reporter"]


def make_reporters(
    options: RunOptions,
    tally: Tally,
    keeping: Keeping | None = None,
    *,
    continues: bool = False,
) -> list[Reporter]:
    """Open the reports that a run is asked for, and what brings them to where they are kept.

    `tally` is the run's own, which receives before them. A run that `continues` another one adds
    to what that has left in the folder.

    Raises ReportError when the results cannot be written, UsageError for a reporter that is not
    there.
    """
    results = options.results
    if results:
        try:
            results.mkdir(parents=True, exist_ok=True)
            if not continues:
                clear_artifacts(results)
        except OSError as error:
            raise _unwritable(results, error) from error
    # One that cannot be made must not leave an empty journal behind.
    others = [
        make_reporter(wanted, results=results, run=options.run_id) for wanted in options.reporters
    ]
    printed = _printed(options, tally)
    searched = [search_reporter(options.search, results)] if options.search else []
    if results is None:
        return [*printed, *searched, *others]
    # They end last: the message when all others are written, and kept.
    kept = [keeping.reporter(results)] if keeping else []
    files = results_reporters(results, printed=printed, tally=tally)
    told = [_webhook(options.webhook, tally, keeping)] if options.webhook else []
    return [*told, *kept, *_journals(results, options), *files, *searched, *others]


def _webhook(settings: WebhookSettings, tally: Tally, keeping: Keeping | None) -> Reporter:
    from agentrig.webhook import WebhookReporter  # noqa: PLC0415  # where it is asked for

    return WebhookReporter(settings, tally, store=keeping.store if keeping else None)


def _journals(results: Path, options: RunOptions) -> list[Reporter]:
    try:
        journal = JournalReporter(results / JOURNAL_FILE)
    except OSError as error:
        raise _unwritable(results, error) from error
    if not (options.log_journal and options.terminal):
        return [journal]
    # It reads the journal when that is whole.
    is_json = options.log is not None and options.log.is_json
    columns = JSON_COLUMNS if is_json else COLUMNS
    return [LogBlockReporter(results / JOURNAL_FILE, options.terminal, columns=columns), journal]


def search_reporter(search: SearchSettings, results: Path | None) -> Reporter:
    """Make what sends documents. Raises ReportError if there is no place to keep them until then."""
    from agentrig.search import SearchReporter  # noqa: PLC0415  # few runs have a search server

    try:
        return SearchReporter(search, results)
    except OSError as error:
        raise ReportError(f"cannot keep documents to be sent: {error}") from error


def _printed(options: RunOptions, tally: Tally) -> list[Reporter]:
    """Make what is read while it runs: the termination message, and the log or the terminal."""
    printed: list[Reporter] = []
    if options.termination_log:
        # It is rewritten during the tests, one of which may change the working directory.
        printed.append(TerminationReporter(options.termination_log.absolute(), tally))
    if options.log:
        from agentrig.reporters.log import LogReporter  # noqa: PLC0415  # for pods alone

        printed.append(LogReporter(options.log.write, tally=tally))
    elif options.terminal:
        # Before the report, and so printed behind it.
        printed += github_reporters(options.terminal, tally=tally)
        results = str(options.results) if options.results else None
        reporter = LiveReporter if options.live else TerminalReporter
        printed.append(
            reporter(options.terminal, colour=options.colour, results=results, tally=tally)
        )
    return printed


def _unwritable(results: Path, error: OSError) -> ReportError:
    return ReportError(f"cannot write results to '{results}': {error.strerror}")
