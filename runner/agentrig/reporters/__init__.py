"""Reports of a run, each made from its events alone."""

from agentrig.reporters._folder import (
    ARTIFACTS_FOLDER,
    RESULT_FILES,
    clear_artifacts,
    mark_artifacts,
    results_reporters,
)
from agentrig.reporters._json import dump
from agentrig.reporters._markdown_text import code_cell as markdown_cell
from agentrig.reporters._places import Repository
from agentrig.reporters._registry import ReporterOptions, make_reporter
from agentrig.reporters._words import say_duration, say_source
from agentrig.reporters.code_quality import CODE_QUALITY_FILE, CodeQualityReporter
from agentrig.reporters.github import GithubReporter, github_reporters
from agentrig.reporters.html import REPORT_FILE, HtmlReporter
from agentrig.reporters.journal import JOURNAL_FILE, JournalReporter, read_journal
from agentrig.reporters.junit import JUNIT_FILE, JunitReporter
from agentrig.reporters.live import LiveReporter
from agentrig.reporters.log_block import LogBlockReporter, find_blocks, write_block
from agentrig.reporters.markdown import MARKDOWN_FILE, MarkdownReporter, render_markdown
from agentrig.reporters.summary import SUMMARY_FILE, SummaryReporter, outcome_of, summarise
from agentrig.reporters.tally import Tally, TallyReport
from agentrig.reporters.terminal import TerminalReporter
from agentrig.reporters.termination import TerminationReporter

__all__ = [
    "ARTIFACTS_FOLDER",
    "CODE_QUALITY_FILE",
    "JOURNAL_FILE",
    "JUNIT_FILE",
    "MARKDOWN_FILE",
    "REPORT_FILE",
    "RESULT_FILES",
    "SUMMARY_FILE",
    "CodeQualityReporter",
    "GithubReporter",
    "HtmlReporter",
    "JournalReporter",
    "JunitReporter",
    "LiveReporter",
    "LogBlockReporter",
    "MarkdownReporter",
    "ReporterOptions",
    "Repository",
    "SummaryReporter",
    "Tally",
    "TallyReport",
    "TerminalReporter",
    "TerminationReporter",
    "clear_artifacts",
    "dump",
    "find_blocks",
    "github_reporters",
    "make_reporter",
    "mark_artifacts",
    "markdown_cell",
    "outcome_of",
    "read_journal",
    "render_markdown",
    "results_reporters",
    "say_duration",
    "say_source",
    "summarise",
    "write_block",
]
