"""The reports that every run leaves in its results folder, in the order in which they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.reporters.journal import JOURNAL_FILE
from agentrig.reporters.junit import JUNIT_FILE, JunitReporter
from agentrig.reporters.summary import SUMMARY_FILE, SummaryReporter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig.stream import Reporter

__all__ = ["RESULT_FILES", "results_reporters"]

RESULT_FILES = (JOURNAL_FILE, SUMMARY_FILE, JUNIT_FILE)
"""What a results folder holds of a run, the journal first: all the others are made from it."""


def results_reporters(results: Path, *, printed: Sequence[Reporter] = ()) -> list[Reporter]:
    """Make the reports of a folder but for its journal, with those that are `printed` among them.

    They end in the reverse order: those for people first, so that what is printed can tell of one
    that cannot be written, and the summary last, which then has the true exit code.
    """
    return [
        SummaryReporter(results / SUMMARY_FILE),
        *printed,
        JunitReporter(results / JUNIT_FILE),
    ]
