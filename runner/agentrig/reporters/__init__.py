"""Reports of a run, each made from its events alone."""

from agentrig.reporters._folder import RESULT_FILES, results_reporters
from agentrig.reporters._registry import ReporterOptions, make_reporter
from agentrig.reporters._words import say_source
from agentrig.reporters.journal import JOURNAL_FILE, JournalReporter, read_journal
from agentrig.reporters.junit import JUNIT_FILE, JunitReporter
from agentrig.reporters.live import LiveReporter
from agentrig.reporters.log_block import LogBlockReporter, find_blocks, write_block
from agentrig.reporters.summary import SUMMARY_FILE, SummaryReporter, summarise
from agentrig.reporters.tally import Tally
from agentrig.reporters.terminal import TerminalReporter
from agentrig.reporters.termination import TerminationReporter

__all__ = [
    "JOURNAL_FILE",
    "JUNIT_FILE",
    "RESULT_FILES",
    "SUMMARY_FILE",
    "JournalReporter",
    "JunitReporter",
    "LiveReporter",
    "LogBlockReporter",
    "ReporterOptions",
    "SummaryReporter",
    "Tally",
    "TerminalReporter",
    "TerminationReporter",
    "find_blocks",
    "make_reporter",
    "read_journal",
    "results_reporters",
    "say_source",
    "summarise",
    "write_block",
]
