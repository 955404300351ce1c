"""What secrets look like, and what those look like that are none."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

__all__ = ["is_placeholder", "known_secret"]

# The formats that their issuers document so that scanners can find them.
_SHAPES: Final = (
    (r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----", "a private key"),
    (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", "an AWS access key"),
    (r"\bgh[pousr]_[A-Za-z0-9]{36,}\b", "a GitHub token"),
    (r"\bgithub_pat_[A-Za-z0-9_]{40,}\b", "a GitHub token"),
    (r"\bglpat-[A-Za-z0-9_-]{20,}", "a GitLab token"),
    (r"\bsk-ant-[A-Za-z0-9_-]{20,}", "an Anthropic key"),
    (r"\bsk-[A-Za-z0-9_-]{20,}", "an OpenAI key"),
    (r"\bhf_[A-Za-z0-9]{30,}\b", "a Hugging Face token"),
    (r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", "a Slack token"),
    (r"\bAIza[A-Za-z0-9_-]{35}", "a Google API key"),
    (r"\b[rs]k_live_[A-Za-z0-9]{20,}\b", "a Stripe key"),
    (r"\bnpm_[A-Za-z0-9]{36}\b", "an npm token"),
    (r"\bpypi-[A-Za-z0-9_-]{50,}", "a PyPI token"),
    (r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}", "a SendGrid key"),
    # RFC 7519, 3: three parts in base64url, the first of which is a JSON object.
    (r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "a JSON Web Token"),
)
# A Slack token; nearly all texts of a file are shorter.
_SHORTEST = 15
_KNOWN = re.compile("|".join(f"({pattern})" for pattern, _ in _SHAPES))

# One of these words says that a value is made up.
_MADE_UP = frozenset(
    {
        *("bad", "changeme", "demo", "dummy", "example", "expired", "fake", "invalid", "missing"),
        *("mock", "no", "none", "not", "placeholder", "redacted", "sample", "stale", "test"),
        *("unknown", "wrong"),
    }
)
_MADE_UP_PART = re.compile(r"example|changeme|placeholder|dummy|fake", re.IGNORECASE)
_SCHEME = re.compile(r"(?:basic|bearer|token|apikey|digest|negotiate)\s+", re.IGNORECASE)


def known_secret(text: str) -> tuple[str, int, int] | None:
    """Find a secret of a known shape: what it is, its offset and its length."""
    if len(text) < _SHORTEST:
        return None
    for found in _KNOWN.finditer(text):
        if found.lastindex and not is_placeholder(found[0]):
            return _SHAPES[found.lastindex - 1][1], found.start(), len(found[0])
    return None


def is_placeholder(text: str) -> bool:
    """Tell whether a value says of itself that it is no secret: `test`, `<token>`, `xxxx`."""
    scheme = _SCHEME.match(text)
    value = text[scheme.end() :] if scheme else text
    if len(set(value.strip("<>[]{}*"))) <= 1 or (value.startswith("<") and value.endswith(">")):
        return True
    if scheme and scheme[0].strip().lower() == "basic":
        value = _decoded(value)
    # Digits within a word are no borders: random ones hold a `no` somewhere.
    words = {word.lower().rstrip("0123456789") for word in re.findall("[A-Za-z0-9]+", value)}
    return bool(words & _MADE_UP) or _MADE_UP_PART.search(value) is not None


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return value
