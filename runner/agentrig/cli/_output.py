"""What a command says beside its report: to a person, as it always did, or into a log."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Protocol, TextIO

import click

from agentrig._excerpt import render_mistakes

if TYPE_CHECKING:
    from agentrig.errors import ScenarioError
    from agentrig.reporters.log_writer import LogWriter

__all__ = ["Output", "PlainOutput"]


class Output(Protocol):
    """Where a command says what goes wrong, and opens the stream of its report."""

    @property
    def log(self) -> LogWriter | None:
        """Where entries of a log go, None without a log."""

    def stream(self) -> TextIO:
        """Open a stream that leads out of the process, whatever happens to `sys.stdout`."""

    def say_error(self, message: str) -> None:
        """Say an error that ends the command, or spoils its results."""

    def say_warning(self, message: str) -> None:
        """Say what went wrong beside the results, and changes no exit code."""

    def say_usage(self, error: click.ClickException) -> None:
        """Say what is wrong with the command line."""

    def say_mistakes(self, error: ScenarioError) -> None:
        """Say each mistake of a file with its place."""

    def say_crash(self, error: Exception) -> None:
        """Say what nobody expected; called where it is handled."""

    def say_signal(self, message: str) -> None:
        """Say what a signal does; called by its handler."""

    def close(self) -> None:
        """Let all get out that was said."""


class PlainOutput:
    """Speaks to a person, on standard error."""

    log: LogWriter | None = None

    def stream(self) -> TextIO:
        """Open standard output again: pytest captures file descriptor 1 while a test runs."""
        return os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")

    def say_error(self, message: str) -> None:
        """Write it behind `error:`."""
        click.echo(f"error: {message}", err=True)

    def say_warning(self, message: str) -> None:
        """Write it behind `warning:`."""
        click.echo(f"warning: {message}", err=True)

    def say_usage(self, error: click.ClickException) -> None:
        """Write it with the command's usage."""
        error.show()

    def say_mistakes(self, error: ScenarioError) -> None:
        """Write excerpts of the file."""
        click.echo(render_mistakes(error.mistakes), err=True)

    def say_crash(self, error: Exception) -> None:  # noqa: ARG002  # it is being handled
        """Write the trace."""
        traceback.print_exc()

    def say_signal(self, message: str) -> None:
        """Say nothing: the report tells what it interrupted."""

    def close(self) -> None:
        """Do nothing: nothing is held back."""
