"""Where a failure stands, and which file of a repository that is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.events import Planned, StepFinished

__all__ = ["Place", "Repository", "place_of"]

# The chart mounts each source of scenarios here, in a folder of its own.
_INLINE = "/scenarios/inline/"
_MOUNTS = tuple(f"/scenarios/{source}/" for source in ("git", "s3", "configmap", "pvc"))
# GitHub Actions, GitLab CI: where the repository is checked out.
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


class Place(Struct, frozen=True, kw_only=True):
    """A line of a file, as the run named it; columns count from 1, and `end` is behind the last."""

    path: str
    line: int
    column: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def place_of(planned: Planned, step: StepFinished | None) -> Place:
    """Give the line of the first check that failed, else the one at which the scenario begins."""
    for check in step.checks if step else ():
        if check.outcome is Outcome.FAILED and (at := check.at):
            return Place(
                path=at.path, line=at.line, column=at.column, end=at.column + max(at.length, 1)
            )
    return Place(path=planned.path, line=planned.line)


class Repository:
    """The files that a CI server has checked out, and shows reports beside."""

    def __init__(
        self, root: Path | None = None, *, places: Mapping[str, str] | None = None
    ) -> None:
        """Look below `root`, by default where the CI server says that it has put them.

        `places` says where scenarios that were sent along lie here, by their names in the pod.
        """
        named = next((os.environ[name] for name in _ROOTS if os.environ.get(name)), None)
        self._here = Path.cwd()
        self._root = (root or Path(named or self._here)).resolve()
        self._places = places or {}

    def locate(self, path: str) -> str | None:
        """Give the path from the repository's root; None for what is not there.

        What ran in a pod has the pod's paths: those of scenarios that were sent along are known,
        those that came from Git are taken for files of this repository if they are in it.
        """
        for candidate in self._candidates(path):
            try:
                found = candidate.resolve()
                if found.is_file():
                    return found.relative_to(self._root).as_posix()
            except (OSError, ValueError):  # elsewhere, or no name for a file at all
                continue
        return None

    def _candidates(self, path: str) -> Iterator[Path]:
        if path.startswith(_INLINE):
            place = self._places.get(path.removeprefix(_INLINE))
            if place:
                yield self._here / place
            return
        for mount in _MOUNTS:
            if path.startswith(mount):
                yield self._root / path.removeprefix(mount)
        yield self._here / path
        # An image that was built from the repository has its folders at its root.
        yield self._root / path.lstrip("/")
