"""What follows from a redirect: RFC 9110, 15.4, and the Fetch standard, HTTP-redirect fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from agentrig._redact import redact_url
from agentrig.targets import is_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "DEFAULT_REDIRECTS",
    "Hop",
    "RedirectError",
    "location_of",
    "method_after",
    "same_origin",
]

DEFAULT_REDIRECTS = 10
"""How many redirects `redirects: true` follows."""

_POST_BECOMES_GET = frozenset({301, 302})
_SEE_OTHER = 303
_REDIRECTS = _POST_BECOMES_GET | {_SEE_OTHER, 307, 308}
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Fetch, HTTP-redirect fetch: what speaks of a body goes with it.
ABOUT_BODY = frozenset(
    {"content-encoding", "content-language", "content-length", "content-location", "content-type"}
)
# What must not reach another origin: whatever carries credentials, or names the first host.
FOR_ORIGIN = frozenset({"authorization", "cookie", "host", "proxy-authorization"})


class RedirectError(ValueError):
    """A redirect that leads nowhere."""


class Hop(Struct, frozen=True, kw_only=True):
    """A redirect that was followed: what answered so, and where it led."""

    method: str
    url: str
    status: int
    location: str

    def __str__(self) -> str:
        return f"{self.status} → {redact_url(self.location)}"


def location_of(status: int, url: str, headers: Iterable[tuple[str, str]]) -> str | None:
    """Find where a response redirects to; None when it does not. Raises RedirectError."""
    if status not in _REDIRECTS:
        return None
    location = next((value for name, value in headers if name == "location"), None)
    if location is None:
        return None
    try:
        found = urljoin(url, location)
        host = urlsplit(found).hostname
    except ValueError:
        host = None
    if not host or not is_url(found):
        raise RedirectError(f"it redirects to '{redact_url(location)}', which is no HTTP URL")
    return found


def method_after(status: int, method: str) -> str:
    """Give the method of the next request: only 307 and 308 keep a POST."""
    post_becomes_get = status in _POST_BECOMES_GET and method == "POST"
    if post_becomes_get or (status == _SEE_OTHER and method not in {"GET", "HEAD"}):
        return "GET"
    return method


def same_origin(one: str, other: str) -> bool:
    """Tell whether two URLs share scheme, host and port (RFC 6454, 5)."""
    return _origin(one) == _origin(other)


def loop_text(hops: Sequence[Hop]) -> str:
    """Show the way of a request that never ends; where it went in a circle, one round of it."""
    urls = [hops[0].url, *(hop.location for hop in hops)]
    last = urls[-1]
    before = [index for index, url in enumerate(urls[:-1]) if url == last]
    shown = " → ".join(redact_url(url) for url in (urls[before[-1] :] if before else urls[-4:]))
    return f"in a loop: {shown}" if before else f"the last: {shown}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
