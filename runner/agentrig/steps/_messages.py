"""What is sent to a target and what comes back, as every kind of step sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentrig.scenario import describe_duration
from agentrig.steps._tls import CONNECT_TIMEOUT_S, Tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from agentrig.steps._cookies import CookieJar
    from agentrig.steps._redirects import Hop

__all__ = [
    "MAX_BODY",
    "Form",
    "LateError",
    "NoAnswerError",
    "Part",
    "Request",
    "Response",
    "Streamed",
]

NOT_ASCII = "[not ASCII]"
"""Stands for a header's value that pyreqwest cannot hand out: it knows visible ASCII alone."""

TIMEOUT_S = 60.0
MAX_BODY = 32 << 20
"""The bytes of a response's body that are read at most, unless a step says otherwise."""


class Part(Struct, frozen=True, kw_only=True):
    """A field of a multipart form; one with a `filename` is a file."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


class Form(Struct, frozen=True):
    """A body of `multipart/form-data` (RFC 7578)."""

    parts: tuple[Part, ...]


class Request(Struct, kw_only=True):
    """One request; `timeout_s` covers it to the last byte of the response.

    `redirects` is how many are followed at most: with 0, a redirect is a response like any other.
    Cookies come from `jar`, which also keeps those that are set, unless `headers` has its own;
    `cookies` are sent besides, to the origin of `url` alone.
    """

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Form | None = None
    timeout_s: float = TIMEOUT_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    max_body: int = MAX_BODY
    redirects: int = 0
    tls: Tls | None = None
    jar: CookieJar | None = None
    cookies: Mapping[str, str] | None = None


class Response(Struct, kw_only=True):
    """A response that came whole; header names are in lower case.

    `body` is decompressed, `headers` are as they came: `content-encoding` is still there, except
    for `br` and `zstd`. `url` is the one that answered at last, after `hops`; `cookies` are those
    that any of them set.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    url: str = ""
    hops: tuple[Hop, ...] = ()
    cookies: Mapping[str, str] = field(default_factory=dict)


class Streamed(Struct, kw_only=True):
    """A response whose body still comes: `chunks` gives it piece by piece, decompressed.

    `chunks` ends with the body, and raises NoAnswerError if that breaks, is larger than the
    request's `max_body`, or does not end in time.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes]
    url: str
    hops: tuple[Hop, ...] = ()
    cookies: Mapping[str, str] = field(default_factory=dict)

    def head(self) -> Response:
        """Give it as a response without its body."""
        return Response(
            status=self.status,
            headers=self.headers,
            body=b"",
            url=self.url,
            hops=self.hops,
            cookies=self.cookies,
        )


class NoAnswerError(Exception):
    """A target was reached, and then gave no usable response: the agent's fault.

    `response` holds what had come until then, if anything.
    """

    def __init__(self, message: str, response: Response | None = None) -> None:
        super().__init__(message)
        self.response = response


class LateError(NoAnswerError):
    """The agent did not answer, or not to the end, in the `waited_s` seconds that it had."""

    def __init__(
        self, waited_s: float, response: Response | None = None, *, began: bool = False
    ) -> None:
        self.waited_s = float(f"{waited_s:.3g}")
        what = "the response did not end" if began else "no response"
        super().__init__(f"{what} within {describe_duration(self.waited_s)}", response)
