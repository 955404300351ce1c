"""What a URL must be to be requested."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agentrig._redact import redact_url

__all__ = ["is_url", "url_problem"]

# Whitespace and control characters, which urlsplit would drop in silence.
_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f]")


def is_url(endpoint: str) -> bool:
    """Tell whether an endpoint is a URL of its own rather than a target's name."""
    return endpoint.lower().startswith(("http://", "https://"))


def url_problem(url: str) -> str | None:
    """Say what is wrong with a URL, if anything; placeholders such as `{agent}` may stand in it."""
    shown = redact_url(url)
    if not is_url(url):
        return f"'{shown}' is no URL: begin with http:// or https://"
    if _FORBIDDEN.search(url):
        return f"'{shown}' is no URL: it holds white space"
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return f"'{shown}' is no URL: brackets stand around IPv6 addresses alone"
    if not host:
        return f"'{shown}' names no host"
    return None if _has_port(url) else f"'{shown}' is no URL: ports go from 1 to 65535"


def _has_port(url: str) -> bool:
    """Tell whether the port of a URL can be, or is left to the scheme."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
