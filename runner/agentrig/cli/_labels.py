"""What results are to be found by: the commit under test, and labels."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.events import Source

__all__ = ["commit_of_build", "commit_under_test", "labels_of"]

# What GitHub Actions, GitLab CI, Jenkins and Azure Pipelines call the commit of a build.
_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILD_SOURCEVERSION")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")  # SHA-1 or SHA-256
_GIT_WITHIN_S = 5.0


def commit_under_test(given: str | None, source: Source | None) -> str | None:
    """Name the commit: the one that is `given`, that of the files, or the CI server's."""
    if given or (source and source.commit):
        return given or (source.commit if source else None)
    return _commit_of_server()


def commit_of_build() -> str | None:
    """Name the commit of what lies in the current folder: the CI server's, else Git's own word."""
    return _commit_of_server() or _commit_of_working_copy()


def labels_of(given: Iterable[str]) -> dict[str, str]:
    """Read each `NAME=VALUE`; the last of a name counts. Raises UsageError for what is none."""
    labels: dict[str, str] = {}
    for one in given:
        name, separator, value = one.partition("=")
        if not (separator and name.strip() and name.isprintable() and value.isprintable()):
            raise UsageError(f"--label: '{one}' is not NAME=VALUE, such as environment=staging")
        labels[name.strip()] = value.strip()
    return labels


def _commit_of_server() -> str | None:
    return next((os.environ[name] for name in _COMMIT_VARIABLES if os.environ.get(name)), None)


def _commit_of_working_copy() -> str | None:
    import subprocess  # noqa: PLC0415  # `run` does not ask Git

    try:
        asked = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", "HEAD"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_WITHIN_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no git, or none that answers
    found = asked.stdout.strip()
    return found if asked.returncode == 0 and _COMMIT.fullmatch(found) else None
