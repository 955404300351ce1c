"""Golden files, and the one place where volatile parts are replaced by their names."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING

from agentrig import __version__

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_golden", "steady"]

_VOLATILE = (
    (re.escape(__version__), "VERSION"),
    (r" *\b\d+(\.\d+)? (ms|s)\b", " TIME"),
    (r"127\.0\.0\.1:\d+|localhost:\d+", "HOST:PORT"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "MOMENT"),
    (r'"elapsed_ms": \d+(\.\d+)?', '"elapsed_ms": TIME'),
    (r"line \d+, in", "line N, in"),
    (r'File "[^"]*/', 'File "PATH/'),
)


def steady(text: str) -> str:
    """Replace what differs from run to run."""
    for pattern, name in _VOLATILE:
        text = re.sub(pattern, name, text)
    return text


def check_golden(file: Path, text: str) -> None:
    """Compare `text` with `file`; AGENTRIG_UPDATE_GOLDEN=1 rewrites it (`make golden`)."""
    text = steady(text)
    if os.environ.get("AGENTRIG_UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    expected = file.read_text(encoding="utf-8") if file.exists() else "(no golden file)"
    lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "now", n=0)
    assert text == expected, "\n".join([f"{file.name} differs; `make golden` rewrites it", *lines])
