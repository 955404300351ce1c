"""Secrets that scenarios use: read by name, and hidden wherever they would show."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_plus

from msgspec import Struct
from msgspec.structs import replace

from agentrig._redact import REDACTED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Secrets"]

# To hide every `1` of a report would tell more than it hides.
MIN_CHARACTERS = 4

T = TypeVar("T")


class Secrets:
    """Reads a secret from a file of `folder`, as Kubernetes mounts them, else from the environment.

    What was read once is hidden from then on.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Read nothing yet."""
        self._folder = folder
        self._values: dict[str, str | None] = {}
        self._hidden: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """Give a secret, None where there is none."""
        if name not in self._values:
            self._values[name] = value = self._read(name)
            if value is not None:
                self.add(value)
        return self._values[name]

    def add(self, value: str) -> None:
        """Hide a value that is not known by name, such as a token that was issued."""
        if len(value) < MIN_CHARACTERS or value in self._hidden:
            return
        forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        forms |= {quote(value), quote(value, safe=""), quote_plus(value), repr(value)[1:-1]}
        # The longest first: what holds another form must not be left half hidden.
        self._hidden = tuple(sorted({*self._hidden, *forms}, key=len, reverse=True))

    def hide(self, value: T) -> T:
        """Give the same value with all secrets hidden in its texts; records and tuples are walked."""
        return _hidden(value, self._hidden) if self._hidden else value

    def _read(self, name: str) -> str | None:
        if self._folder is not None and name not in {"", ".", ".."} and "/" not in name:
            try:
                return (self._folder / name).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError):
                pass
        return os.environ.get(name)


def _hidden(value: Any, secrets: tuple[str, ...]) -> Any:
    if type(value) is str:  # an Outcome is a str as well, and no secret
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return value
    if isinstance(value, tuple):
        return tuple(_hidden(one, secrets) for one in value)
    if isinstance(value, Struct):
        changed = {
            name: new
            for name in value.__struct_fields__
            if (new := _hidden(old := getattr(value, name), secrets)) != old
        }
        return replace(value, **changed) if changed else value
    return value
