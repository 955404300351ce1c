"""Files that steps read, and that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.scenario import IsFile, closest, is_templated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentrig.lint._walk import LintedDocument

__all__ = ["missing_files"]

SHOWN_FILES = 8


def missing_files(document: LintedDocument) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Find where they stand, what is wrong there, and what to write."""
    for step in document.steps:
        for part in step.parts:
            is_file = any(isinstance(mark, IsFile) for mark in part.marks)
            if not is_file or not isinstance(part.value, str) or is_templated(part.value):
                continue
            file = document.folder / part.value
            if not file.is_file():
                problem = "is a folder" if file.is_dir() else "does not exist"
                yield part.location, f"the file '{part.value}' {problem}", _suggest(file)


def _suggest(file: Path) -> str:
    if not file.parent.is_dir():
        return "paths are relative to the file of the scenario"
    names = sorted(one.name for one in file.parent.iterdir() if one.is_file())
    shown = ", ".join(names[:SHOWN_FILES]) or "no file"
    return closest(file.name, names) or f"there is: {shown}"
