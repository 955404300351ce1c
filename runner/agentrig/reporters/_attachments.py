"""How JUnit names a file that belongs to a test, as GitLab and Jenkins know it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["attachment_tag", "is_inside"]


def is_inside(path: str) -> bool:
    """Say whether a path that a journal names stays within its results folder."""
    parts = Path(path).parts
    return bool(parts) and ".." not in parts and not Path(path).is_absolute()


def attachment_tag(results: Path, path: str) -> str | None:
    """Name an artifact that is there; None where it is not, as of a run in a pod.

    GitLab wants a path from the root of the project, in which it looks among the artifacts of the
    job; Jenkins' plugin junit-attachments an absolute one.
    """
    file = results / path
    if not is_inside(path) or "]]" in path or not path.isprintable() or not file.is_file():
        return None
    root = os.environ.get("CI_PROJECT_DIR")
    if root:
        try:
            return f"[[ATTACHMENT|{file.resolve().relative_to(Path(root).resolve()).as_posix()}]]"
        except ValueError:
            return None
    return f"[[ATTACHMENT|{file.absolute().as_posix()}]]"
