"""`agentrig lint`: find mistakes without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.documents import find_scenario_files
from agentrig.errors import UsageError
from agentrig.lint import RULES, lint_file
from agentrig.steps import step_kinds
from agentrig.targets import target_settings

if TYPE_CHECKING:
    from agentrig.lint import Finding

__all__ = ["lint"]


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME=URL",
    help="A target that the scenarios may use, as in `run`. Repeatable.",
)
@click.option(
    "--ignore",
    multiple=True,
    type=click.Choice(list(RULES)),
    metavar="RULE",
    help=f"A rule to leave out: {', '.join(RULES)}. Repeatable.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed: for people, for scripts, as annotations of GitHub Actions.",
)
def lint(
    paths: tuple[Path, ...], *, targets: tuple[str, ...], ignore: tuple[str, ...], style: str
) -> int:
    """Check scenario files without running them.

    Exit codes: 0 no mistakes, 4 mistakes, 5 no scenario files.
    """
    from agentrig.cli._findings import STYLES  # noqa: PLC0415  # help and version need none

    endpoints = target_settings(targets=targets).names
    files = list(dict.fromkeys(find_scenario_files(paths)))
    found: list[Finding] = []
    for file in files:
        found += lint_file(file, step_kinds(), endpoints=endpoints, ignore=ignore)
    click.echo(STYLES[style](found, len(files)), nl=False)
    if any(not one.is_warning for one in found):
        return UsageError.exit_code
    return 0 if files else 5
