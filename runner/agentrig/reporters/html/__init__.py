"""`report.html`: a run as one page to look at, without a server and without a network."""

from agentrig.reporters.html._reporter import REPORT_FILE, HtmlReporter

__all__ = ["REPORT_FILE", "HtmlReporter"]
