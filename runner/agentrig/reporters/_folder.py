"""The reports that every run leaves in its results folder, in the order in which they end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentrig.reporters._places import Repository
from agentrig.reporters.code_quality import CODE_QUALITY_FILE, CodeQualityReporter
from agentrig.reporters.html import REPORT_FILE, HtmlReporter
from agentrig.reporters.journal import JOURNAL_FILE
from agentrig.reporters.junit import JUNIT_FILE, JunitReporter
from agentrig.reporters.markdown import MARKDOWN_FILE, MarkdownReporter
from agentrig.reporters.summary import SUMMARY_FILE, SummaryReporter
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentrig.stream import Reporter

__all__ = [
    "ARTIFACTS_FOLDER",
    "RESULT_FILES",
    "clear_artifacts",
    "mark_artifacts",
    "results_reporters",
]

RESULT_FILES = (
    JOURNAL_FILE,
    SUMMARY_FILE,
    JUNIT_FILE,
    REPORT_FILE,
    MARKDOWN_FILE,
    CODE_QUALITY_FILE,
)
"""What a results folder holds of a run, the journal first: all the others are made from it."""

ARTIFACTS_FOLDER = "artifacts"
"""Where tests leave files, each in a folder of its own."""
# A folder of this name that agentrig has not made is somebody's own.
_ARTIFACTS_MARK = ".agentrig-artifacts"


def mark_artifacts(results: Path) -> None:
    """Say that the artifacts are a run's, and the next one's to remove."""
    results.mkdir(parents=True, exist_ok=True)
    if not (results / ARTIFACTS_FOLDER).exists():
        (results / _ARTIFACTS_MARK).touch()


def clear_artifacts(results: Path) -> None:
    """Remove those that an earlier run has left. Raises OSError."""
    if (results / _ARTIFACTS_MARK).exists():
        from shutil import rmtree  # noqa: PLC0415  # for few runs

        if (results / ARTIFACTS_FOLDER).exists():
            rmtree(results / ARTIFACTS_FOLDER)
        (results / _ARTIFACTS_MARK).unlink()


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
        HtmlReporter(results / REPORT_FILE, shared),
        MarkdownReporter(results / MARKDOWN_FILE, shared),
    ]
    if os.environ.get("GITLAB_CI") == "true":
        repository = Repository(places=places)
        file = results / CODE_QUALITY_FILE
        made.append(CodeQualityReporter(file, repository=repository, tally=shared))
    return made if tally else [shared, *made]
