"""What must never reach a log, a report or an index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["REDACTED", "cut", "is_credential", "redact_headers", "redact_text", "redact_url"]

REDACTED = "[redacted]"

# What credentials are called, by definition or by wide custom. `tokens-used` is a number.
_CREDENTIAL = (
    r"authorization|cookie|secret|passw(?:or)?d|credential|session|signature|jwt|token(?![a-z])"
    r"|(?:api|access|subscription|function|functions|master|private|auth)[-_]?key"
)
# The same for names of variables and fields, where `session` is one of tests, and `token_count` a
# number.
_CREDENTIAL_NAME = (
    r"secret|passw|passphrase|credential|signature|jwt|cookie|authorization|bearer"
    r"|(?:^|[^a-z])(?:pwd|pat|auth)(?:$|[^a-z])|token[-_]?\d*$"
    r"|(?:api|access|subscription|function|functions|master|private|auth|account|ssh)[-_]?key"
)
# Up to the last @ of the authority: a password may hold one.
_USERINFO = r"(?<=://)[^/?#\s]+@"
# Parameters of a query, or of the fragment that OAuth 2.0 (RFC 6749, 4.2.2) answers in.
_SECRET_QUERY = (
    rf"(?<=[?&;#])((?:key|sig|auth|pwd|pass)(?==)|[^=&;#]*(?:{_CREDENTIAL})[^=&;#]*)=[^&;#]*"
)
# The same within a text, where a value ends at a blank or a quote, and headers as they are printed.
_SECRET_IN_TEXT = (
    rf"(?<=[?&])((?:key|sig|auth|pwd|pass)(?==)|[^=&;#\s]{{0,80}}(?:{_CREDENTIAL})[^=&;#\s]{{0,80}})"
    r"=[^&;#\s'\"]*"
)
_CREDENTIALS = r"\b(basic|bearer)\s+[a-z0-9._~+/=-]{8,}"
# Compiled when first wanted, 2 ms: a run that passes shows no exchange.


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Lower the names, and hide the values of headers that carry credentials."""
    return tuple(
        (name.lower(), REDACTED if re.search(_CREDENTIAL, name, re.IGNORECASE) else value)
        for name, value in headers
    )


def redact_url(url: str) -> str:
    """Hide user information and the values of query parameters that look like credentials."""
    # Most have neither; looking for it takes a tenth of the substitutions' time.
    if "@" in url:
        url = re.sub(_USERINFO, f"{REDACTED}@", url)
    if "=" in url:
        url = re.sub(_SECRET_QUERY, rf"\1={REDACTED}", url, flags=re.IGNORECASE)
    return url


def redact_text(text: str) -> str:
    """Hide what `redact_url` hides in URLs, wherever they stand, and credentials of HTTP."""
    if "@" in text:
        text = re.sub(_USERINFO, f"{REDACTED}@", text)
    if "=" in text:
        text = re.sub(_SECRET_IN_TEXT, rf"\1={REDACTED}", text, flags=re.IGNORECASE)
    return re.sub(_CREDENTIALS, rf"\1 {REDACTED}", text, flags=re.IGNORECASE)


def is_credential(name: str) -> bool:
    """Tell whether a variable or a field of this name holds a credential, by wide custom."""
    return re.search(_CREDENTIAL_NAME, name, re.IGNORECASE) is not None


def cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` characters and say how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} more characters)"
