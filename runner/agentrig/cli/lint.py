"""`agentrig lint`: find mistakes without running anything."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentrig.errors import UsageError
from agentrig.lint import RULES, lint_file
from agentrig.scenario import is_no_scenario
from agentrig.steps import step_kinds
from agentrig.targets import CONFIG_FILE, target_settings

if TYPE_CHECKING:
    from agentrig.lint import Finding

__all__ = ["lint"]

# The default of pytest's `norecursedirs`: folders that `run` does not look into.
_NOT_SEARCHED = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv")


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
    files = _scenario_files(paths)
    found: list[Finding] = []
    for file in files:
        found += lint_file(file, step_kinds(), endpoints=endpoints, ignore=ignore)
    click.echo(STYLES[style](found, len(files)), nl=False)
    if any(not one.is_warning for one in found):
        return UsageError.exit_code
    return 0 if files else 5


def _scenario_files(paths: tuple[Path, ...]) -> list[Path]:
    """List the files that `run` would collect from `paths`, sorted within each folder."""
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            files[path] = None
            continue
        found = sorted(path.rglob("*.yaml")) + sorted(path.rglob("*.yml"))
        files.update(dict.fromkeys(file for file in found if _is_collected(file, path)))
    return list(files)


def _is_collected(file: Path, root: Path) -> bool:
    folders = file.relative_to(root).parts[:-1]
    ignored = any(fnmatch(folder, pattern) for folder in folders for pattern in _NOT_SEARCHED)
    return file.name != CONFIG_FILE and not is_no_scenario(file) and not ignored
