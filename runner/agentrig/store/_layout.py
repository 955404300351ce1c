"""Under which keys the parts of a run are kept; names come from users, and are escaped."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from agentrig.errors import UsageError

__all__ = [
    "CLAIM_FILE",
    "RUNS",
    "attempt_folder",
    "name_of",
    "number_of",
    "run_folder",
    "shard_folder",
]

RUNS = "runs/"
CLAIM_FILE = "claim.json"
# What a file system, and the escaping, leave of the 255 bytes of a name.
_MAX_NAME_BYTES = 200
_NUMBERED = re.compile(r"(shard|attempt)=(0|[1-9][0-9]{0,8})")


def run_folder(run: str) -> str:
    """Give the prefix of all that is kept of a run. Raises UsageError for an unusable name."""
    # '.' is no name, and names that begin with it are hidden or special in some places.
    name = quote(run, safe="=+@,", errors="surrogateescape")
    name = f"%2E{name[1:]}" if name.startswith(".") else name
    if not name or len(name) > _MAX_NAME_BYTES:
        raise UsageError(
            f"run '{run[:50]}' cannot be kept in a store: its name has to have between 1 and "
            f"{_MAX_NAME_BYTES} letters"
        )
    return f"{RUNS}{name}/"


def name_of(folder: str) -> str | None:
    """Give the run whose folder has this name, None if no run has."""
    run = unquote(folder, errors="surrogateescape")
    try:
        return run if run_folder(run) == f"{RUNS}{folder}/" else None
    except UsageError:
        return None


def shard_folder(run: str, shard: int) -> str:
    """Give the prefix of a shard, which is 0 for a run that is not split."""
    return f"{run_folder(run)}shard={shard}/"


def attempt_folder(run: str, shard: int, attempt: int) -> str:
    """Give the prefix of one attempt at a shard, of which the first one is 1."""
    return f"{shard_folder(run, shard)}attempt={attempt}/"


def number_of(folder: str, kind: str) -> int | None:
    """Give the number of a folder such as `shard=3`, None if it is no such folder."""
    found = _NUMBERED.fullmatch(folder)
    return int(found[2]) if found and found[1] == kind else None
