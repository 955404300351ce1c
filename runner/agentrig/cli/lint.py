"""`agentrig lint`: find mistakes without running anything."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import click

from agentrig._excerpt import render_mistakes
from agentrig.errors import Mistake, ScenarioError, UsageError
from agentrig.scenario import is_rows_file, load_scenarios
from agentrig.steps import step_kinds
from agentrig.targets import CONFIG_FILE, target_settings

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
def lint(paths: tuple[Path, ...], *, targets: tuple[str, ...]) -> int:
    """Check scenario files without running them.

    Exit codes: 0 no mistakes, 4 mistakes, 5 no scenario files.
    """
    endpoints = target_settings(targets=targets).names
    files = _scenario_files(paths)
    mistakes: list[Mistake] = []
    bad_files = 0
    for file in files:
        try:
            load_scenarios(file, step_kinds(), endpoints=endpoints)
        except ScenarioError as error:
            mistakes += error.mistakes
            bad_files += 1
    if mistakes:
        click.echo(render_mistakes(mistakes))
        click.echo(f"\n{_count(len(mistakes), 'mistake')} in {_count(bad_files, 'file')}")
        return UsageError.exit_code
    click.echo(f"{_count(len(files), 'scenario')}, no mistakes")
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
    return file.name != CONFIG_FILE and not is_rows_file(file) and not ignored


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
