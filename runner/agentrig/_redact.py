"""What must never reach a log, a report or an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cut", "redact_headers", "redact_url"]

REDACTED = "[redacted]"

# Headers whose values are credentials by definition, or by wide custom.
_SECRET_HEADER = re.compile(
    r"^(authorization|proxy-authorization|cookie|set-cookie)$"
    r"|api[-_]?key|access[-_]?key|auth[-_]?token|secret|password|credential|session",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET_QUERY = re.compile(
    r"(?<=[?&])([^=&#]*(?:token|secret|password|api[-_]?key|signature)[^=&#]*)=[^&#]*",
    re.IGNORECASE,
)


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Lower the names, and hide the values of headers that carry credentials."""
    return tuple(
        (name.lower(), REDACTED if _SECRET_HEADER.search(name) else value)
        for name, value in headers
    )


def redact_url(url: str) -> str:
    """Hide user information and the values of query parameters that look like credentials."""
    return _SECRET_QUERY.sub(rf"\1={REDACTED}", _USERINFO.sub(f"{REDACTED}@", url))


def cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` characters and say how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"
