"""Variables of the environment that documents hold: those that are listed, and no other."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from agentrig._redact import is_credential
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig._secrets import Secrets

__all__ = ["checked_variables", "environment_fields", "hide_credentials"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A shorter one may be a word of every report, as in `TEST_PASSWORD=password`.
MIN_CHARACTERS = 12


def checked_variables(names: Iterable[str]) -> tuple[str, ...]:
    """Give the names as they are. Raises UsageError for one that is none, or is a credential's."""
    names = tuple(names)
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(f"--search-env: '{name}' is no name of a variable, such as MODEL")
        if is_credential(name):
            raise UsageError(
                f"--search-env: '{name}' is a secret by its name, and an index is read by many: "
                "give what is to be found under another name, or as --label"
            )
    return names


def environment_fields(names: Iterable[str]) -> dict[str, str]:
    """Give the variables that are set, under their names in lower case."""
    return {name.lower(): os.environ[name] for name in names if name in os.environ}


def hide_credentials(secrets: Secrets) -> None:
    """Hide the values of all variables that are credentials by their names."""
    for name, value in os.environ.items():
        if len(value) >= MIN_CHARACTERS and is_credential(name):
            secrets.add(value)
