"""The reporter `markdown`: a table of what ran, for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import UsageError
from agentrig.reporters import Tally

if TYPE_CHECKING:
    from agentrig.reporters import ReporterOptions


class MarkdownReporter(Tally):
    """Writes `report.md`, or the file behind `=`, into the results."""

    def __init__(self, options: ReporterOptions) -> None:
        super().__init__()
        if options.results is None:
            raise UsageError("the reporter 'markdown' needs --results")
        self._file = options.results / (options.argument or "report.md")

    def close(self) -> None:
        rows = [
            f"| {name} | {result.outcome} | {result.elapsed_ms:.0f} ms |"
            for name, result in self.results.items()
        ]
        head = [f"**{self.sentence()}**", "", "| scenario | outcome | time |", "|---|---|---|"]
        self._file.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
