"""What GitHub Actions shows of a run: annotations at lines of the scenarios, and a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agentrig._redact import cut
from agentrig._workflow_commands import workflow_command
from agentrig.errors import ReportWarning
from agentrig.events import Outcome
from agentrig.reporters._places import Repository, place_of
from agentrig.reporters._words import say_execution, say_limit
from agentrig.reporters.failure_text import render_cause
from agentrig.reporters.markdown import render_brief, render_markdown
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.events import Planned
    from agentrig.reporters.tally import Tally

__all__ = ["GithubReporter", "github_reporters"]

# GitHub shows so many of each level of a step, and not the rest.
MOST_OF_A_LEVEL = 10
# The page of a step, of all that its commands have written to it.
MAX_PAGE_BYTES = 1024 * 1024
_MAX_MESSAGE = 4_000
_PAGE_VARIABLE = "GITHUB_STEP_SUMMARY"


def github_reporters(
    output: TextIO, *, tally: Tally | None = None, places: Mapping[str, str] | None = None
) -> list[GithubReporter]:
    """Make the reporter where GitHub Actions runs this process, else none."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    page = os.environ.get(_PAGE_VARIABLE)
    return [
        GithubReporter(
            output,
            page=Path(page).absolute() if page else None,
            repository=Repository(places=places),
            tally=tally,
        )
    ]


class GithubReporter(TallyReport):
    """Prints annotations, and adds to the page of the step, when the run is over."""

    def __init__(
        self,
        output: TextIO,
        *,
        page: Path | None,
        repository: Repository,
        tally: Tally | None = None,
    ) -> None:
        """Print to `output`, which GitHub reads line by line, and add to the file `page`."""
        super().__init__(tally)
        self._output = output
        self._page = page
        self._repository = repository

    def close(self) -> None:
        """Print and add. Raises ReportWarning where the page cannot be written."""
        errors, warnings = list(self._errors()), list(self._warnings())
        self._output.write("".join(_shown(errors, "error") + _shown(warnings, "warning")))
        self._output.flush()
        if self._page:
            try:
                self._add_page(self._page)
            except OSError as error:
                raise ReportWarning(
                    f"the summary is not on GitHub's page: cannot write '{_PAGE_VARIABLE}': "
                    f"{error.strerror}"
                ) from error

    def _errors(self) -> Iterator[str]:
        tally = self.tally
        for outcome in (Outcome.FAILED, Outcome.ERROR):
            for planned in tally.planned.values():
                result = tally.results.get(planned.id)
                if result and result.outcome is outcome:
                    text = render_cause(result, tally.bad_step(planned.id))
                    yield self._annotation("error", planned, text or outcome.value)
        for limit in tally.missed:
            yield workflow_command("error", say_limit(limit), title="agentrig: limit missed")
        for trouble in tally.troubles:
            if not trouble.overcome:
                text = "\n".join(part for part in (trouble.message, trouble.hint) if part)
                title = f"{trouble.reason}: {trouble.where}"
                yield workflow_command("error", cut(text, _MAX_MESSAGE), title=cut(title, 200))
        if tally.finished and tally.finished.message and tally.exit_code not in {0, 1}:
            message = cut(tally.finished.message, _MAX_MESSAGE)
            yield workflow_command("error", message, title="agentrig")

    def _warnings(self) -> Iterator[str]:
        for scenario in self.tally.flaky:
            earlier = self.tally.executions.get(scenario, ())
            if (planned := self.tally.planned.get(scenario)) and earlier:
                text = f"flaky: passed on retry; {say_execution(earlier[0].finished)}"
                yield self._annotation("warning", planned, text)

    def _annotation(self, level: str, planned: Planned, text: str) -> str:
        place = place_of(planned, self.tally.bad_step(planned.id))
        file = self._repository.locate(place.path)
        message = cut(text, _MAX_MESSAGE)
        title = cut(planned.name, 200)
        if file is None:
            # Else it would be attached to whatever file GitHub takes it for.
            return workflow_command(level, f"{place}: {message}", title=title)
        return workflow_command(
            level,
            message,
            file=file,
            line=place.line,
            col=place.column,
            endColumn=place.end,
            title=title,
        )

    def _add_page(self, page: Path) -> None:
        used = page.stat().st_size if page.exists() else 0
        for render in (render_markdown, render_brief):
            content = render(self.tally).encode() + b"\n"
            if used + len(content) <= MAX_PAGE_BYTES:
                with page.open("ab") as file:
                    file.write(content)
                return


def _shown(commands: list[str], level: str) -> list[str]:
    if len(commands) <= MOST_OF_A_LEVEL:
        return commands
    left = len(commands) - MOST_OF_A_LEVEL
    note = f"{left} more {level}s: GitHub shows {MOST_OF_A_LEVEL} of a step, summary.md has them"
    return [*commands[:MOST_OF_A_LEVEL], workflow_command("notice", note, title="agentrig")]
