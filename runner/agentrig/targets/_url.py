"""What a URL must be to be requested."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["is_url", "url_problem"]

# Whitespace and control characters, which urlsplit would drop in silence.
_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f]")


def is_url(endpoint: str) -> bool:
    """Tell whether an endpoint is a URL of its own rather than a target's name."""
    return endpoint.lower().startswith(("http://", "https://"))


def url_problem(url: str) -> str | None:
    """Say what is wrong with a URL, if anything; placeholders such as `{agent}` may stand in it."""
    if not is_url(url):
        return f"'{url}' is no URL: begin with http:// or https://"
    if _FORBIDDEN.search(url):
        return f"'{url}' is no URL: it holds white space"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        # `http://[::1` or `http://agent:99999`.
        return f"'{url}' is no URL: {str(error)[:1].lower()}{str(error)[1:]}"
    if not parts.hostname:
        return f"'{url}' names no host"
    return f"'{url}' is no URL: port 0" if port == 0 else None
