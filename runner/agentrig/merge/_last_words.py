"""What the log of an attempt ends with, where nothing else is left of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from agentrig._excerpt import printable
from agentrig._redact import cut, redact_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["last_words"]

# The end of a log is looked at, and of its last line so much is told.
_READ_BYTES = 16 * 1024
_SHOWN = 400


def last_words(log: Path | None) -> str:
    """Give the last line of a log as one that may be shown, empty where there is none.

    Of a log of objects it is the message.
    """
    if log is None:
        return ""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _READ_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return printable(cut(redact_text(_message(lines[-1])), _SHOWN)) if lines else ""


def _message(line: str) -> str:
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return line
    return str(told.get("message") or line) if isinstance(told, dict) else line
