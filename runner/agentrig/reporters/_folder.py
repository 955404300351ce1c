"""The reports that every run leaves in its results folder, in the order in which they end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentrig.reporters._places import Repository
from agentrig.reporters.code_quality import CODE_QUALITY_FILE, CodeQualityReporter
from agentrig.reporters.journal import JOURNAL_FILE
from agentrig.reporters.junit import JUNIT_FILE, JunitReporter
from agentrig.reporters.markdown import MARKDOWN_FILE, MarkdownReporter
from agentrig.reporters.summary import SUMMARY_FILE, SummaryReporter
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentrig.stream import Reporter

__all__ = ["RESULT_FILES", "results_reporters"]

RESULT_FILES = (JOURNAL_FILE, SUMMARY_FILE, JUNIT_FILE, MARKDOWN_FILE, CODE_QUALITY_FILE)
"""What a results folder holds of a run, the journal first: all the others are made from it."""


def results_reporters(
    results: Path,
    *,
    printed: Sequence[Reporter] = (),
    tally: Tally | None = None,
    places: Mapping[str, str] | None = None,
) -> list[Reporter]:
    """Make the reports of a folder but for its journal, with those that are `printed` among them.

    They end in the reverse order: those for people first, so that what is printed can tell of one
    that cannot be written, and the summary last, which then has the true exit code. They share
    `tally`, which whoever gives it lets receive the records. `places` says where scenarios that
    were sent to a pod lie here.
    """
    shared = tally or Tally()
    made: list[Reporter] = [
        SummaryReporter(results / SUMMARY_FILE, shared),
        *printed,
        JunitReporter(results / JUNIT_FILE, shared),
        MarkdownReporter(results / MARKDOWN_FILE, shared),
    ]
    if os.environ.get("GITLAB_CI") == "true":
        repository = Repository(places=places)
        file = results / CODE_QUALITY_FILE
        made.append(CodeQualityReporter(file, repository=repository, tally=shared))
    return made if tally else [shared, *made]
