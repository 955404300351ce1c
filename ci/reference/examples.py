"""Documents of the example scenarios, as they are written."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FOLDER", "document", "files"]

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "examples"
_SEPARATOR = re.compile(r"^---\n", re.MULTILINE)
_FOR_EDITORS = re.compile(r"\A# yaml-language-server:.*\n(?:#\n)?")


def files() -> list[Path]:
    """List the files in their teaching order."""
    return sorted(FOLDER.glob("*.yaml"))


def document(number: int, index: int) -> tuple[str, str]:
    """Give the name of the file with this number, and the text of one of its documents."""
    file = next(file for file in files() if file.name.startswith(f"{number:02}-"))
    text = _FOR_EDITORS.sub("", file.read_text("utf-8"))
    return file.name, _SEPARATOR.split(text)[index].strip("\n") + "\n"
