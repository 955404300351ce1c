"""Names of releases: short enough for Helm and for what Kubernetes makes of them."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from agentrig.errors import UsageError
from agentrig.stream import utc_now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

__all__ = ["check_release_name", "new_release_name"]

# Helm's own limit. The chart cuts the names of objects that it makes of a longer one.
MAX_CHARACTERS = 53
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# Without vowels no word comes about, and without 0, 1 and l none is misread.
_ALPHABET = "bcdfghjkmnpqrstvwxz2456789"
_CHANCE = 4


def new_release_name(*, now: Callable[[], dt.datetime] = utc_now) -> str:
    """Make a name that sorts by time and that two runs of one second do not share:
    `run-1121-164502-x7k2`, in UTC.
    """  # noqa: D205  # the example belongs to the sentence
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_CHANCE))
    return f"run-{now():%m%d-%H%M%S}-{chance}"


def check_release_name(name: str) -> str:
    """Give `name` back. Raises UsageError where Helm would refuse it."""
    if len(name) > MAX_CHARACTERS:
        raise UsageError(
            f"release '{name}' has {len(name)} characters, and Helm allows {MAX_CHARACTERS}"
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' cannot name a release: use lower-case letters, digits and '-', "
            "which neither begins nor ends it"
        )
    return name
