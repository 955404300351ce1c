"""Secrets that are written in a file instead of being read from where they are kept."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig._redact import redact_url
from agentrig.errors import Mistake
from agentrig.lint._finding import Finding
from agentrig.lint._secret_shapes import is_placeholder, known_secret
from agentrig.scenario import is_templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentrig.errors import Position
    from agentrig.lint._walk import LintedDocument

__all__ = ["hide_secrets", "literal_secrets"]

Location = tuple[str | int, ...]

# The words of redaction, at the end of a name: `token_url` and `max_tokens` are none.
_CREDENTIAL = re.compile(
    r"(?:authorization|bearer|secret|passw(?:or)?d|passphrase|pwd|credentials?|jwt|token"
    r"|(?:api|access|secret|subscription|function|functions|master|private|auth)[-_]?key)",
    re.IGNORECASE,
)
# Tokens that say where to go on, or that a language model reads.
_PLAIN_TOKEN = re.compile(
    r"(?:page|next|continuation|eos|bos|pad|stop|unk|sep|mask|cls)[-_]?token", re.IGNORECASE
)
_COOKIE_HEADER = re.compile(r"(?:set-)?cookie", re.IGNORECASE)
# Below these, what looks like a name of a secret names a part of what came.
_NOT_SENT = ("expect", "capture")
RULE = "secret"
_COMMENT = f"# agentrig: ignore[{RULE}]"
_PHASES = ("setup", "steps", "teardown")


def literal_secrets(document: LintedDocument) -> Iterator[Finding]:
    """Find values that look like secrets."""
    for location, value in document.values:
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        text = str(value)
        if found := known_secret(text):
            what, start, length = found
            at = document.document.locate_text(location, start, length)
            yield _finding(f"this looks like {what}", at, location)
        elif _is_named_secret(location, text):
            at = document.document.locate(location)
            yield _finding(f"'{_name(location)}' holds a secret", at, location)
        elif _is_url_with_secret(text):
            at = document.document.locate(location)
            yield _finding("this URL holds a secret", at, ())


def hide_secrets(found: Sequence[Finding]) -> list[Finding]:
    """Write stars in all excerpts of lines with secrets: they go into the logs of a CI server."""
    spans: dict[int, list[Position]] = {}
    for one in found:
        if one.rule == RULE:
            spans.setdefault(one.mistake.at.line, []).append(one.mistake.at)
    return [_without(one, spans.get(one.mistake.at.line, ())) for one in found]


def _without(finding: Finding, secrets: Sequence[Position]) -> Finding:
    at = finding.mistake.at
    text = at.text
    for one in secrets:
        start, end = one.column - 1, one.column - 1 + one.length
        text = text[:start] + "*" * one.length + text[end:]
    if text == at.text:
        return finding
    hidden = replace(finding.mistake, at=replace(at, text=text))
    return replace(finding, mistake=hidden)


def _finding(message: str, at: Position, location: Location) -> Finding:
    name = re.sub(r"\W+", "_", _name(location)).strip("_").upper() or "NAME"
    scheme = "Bearer " if name.endswith("AUTHORIZATION") else ""
    where = "" if location else " in its place"
    hint = f"write '{scheme}${{secret.{name}}}'{where}; if it is none: {_COMMENT}"
    return Finding(RULE, Mistake(message=message, at=at, hint=hint))


def _is_named_secret(location: Location, text: str) -> bool:
    name = _name(location)
    in_headers = len(location) > 1 and location[-2] == "headers"
    is_cookie = in_headers and _COOKIE_HEADER.fullmatch(name) is not None
    if not is_cookie and not _is_credential(name):
        return False
    return _is_literal(text) and not _is_not_sent(location)


@lru_cache(maxsize=1024)
def _is_credential(name: str) -> bool:
    found = list(_CREDENTIAL.finditer(name))
    is_one = bool(found) and found[-1].end() == len(name)
    return is_one and _PLAIN_TOKEN.search(name) is None


def _is_not_sent(location: Location) -> bool:
    return location[0] in _PHASES and len(location) > 2 and location[2] in _NOT_SENT  # noqa: PLR2004  # phase, index, key


def _is_url_with_secret(text: str) -> bool:
    if not text.startswith("/") and "://" not in text:
        return False
    base, *parameters = re.split("[?&;#]", text)
    user = base.partition("://")[2].rpartition("@")[0]
    if user and _is_literal(user.rpartition(":")[2]) and redact_url(base) != base:
        return True
    return any(
        _is_literal(one.partition("=")[2]) and redact_url(f"?{one}") != f"?{one}"
        for one in parameters
    )


def _is_literal(value: str) -> bool:
    return bool(value) and not is_templated(value) and not is_placeholder(value)


def _name(location: Location) -> str:
    return next((part for part in reversed(location) if isinstance(part, str)), "")
