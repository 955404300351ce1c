"""What a step gave, as checks and captures read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NO_DATA", "NotJsonError", "Output"]


class _NoData:
    def __repr__(self) -> str:
        return "NO_DATA"


NO_DATA: Final = _NoData()
"""Stands for a value that is not given: null is a value."""


class NotJsonError(ValueError):
    """A step's output has no JSON value; the text says why."""


class Output:
    """A response, or what else a step gave; what nobody asks for is never parsed.

    `headers` have names in lower case; `elapsed_ms` is the time of the step's own work.
    """

    __slots__ = (
        "_body",
        "_cookies",
        "_data",
        "_problem",
        "_text",
        "elapsed_ms",
        "headers",
        "status",
    )

    def __init__(
        self,
        *,
        data: Any = NO_DATA,
        body: bytes = b"",
        text: str | None = None,
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        cookies: Mapping[str, str] | None = None,
        elapsed_ms: float = 0.0,
    ) -> None:
        """Keep what came: `data` and `text` stand for themselves, else follow from `body`.

        `cookies` are else those of the `set-cookie` headers.
        """
        self._data = data
        self._body = body
        self._text = text
        self._cookies = cookies
        self._problem: str | None = None
        self.status = status
        self.headers = headers
        self.elapsed_ms = elapsed_ms

    @property
    def data(self) -> Any:
        """The JSON value. Raises NotJsonError."""
        if self._data is NO_DATA:
            self._parse()
        if self._problem is not None:
            raise NotJsonError(self._problem)
        return self._data

    def _parse(self) -> None:
        """Parse once, for a value or for what is wrong with it."""
        body = self._body or (self._text or "").encode(errors="replace")
        try:
            self._data = _parse(body)
        except (ValueError, RecursionError) as error:
            self._data, self._problem = None, str(error)

    @property
    def text(self) -> str:
        """The whole text: the body in its declared charset, else in UTF-8. Never fails."""
        if self._text is None:
            if self._data is NO_DATA or self._body:
                self._text = _decode(self._body, self.headers)
            else:
                data = self._data
                text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
                self._text = _replaced(text)
        return self._text

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name; the last of a name holds."""
        if self._cookies is None:
            self._cookies = dict(_cookies_in(self.headers))
        return self._cookies

    def header(self, name: str) -> str | None:
        """Give the value of a header, whatever its case; several values are joined.

        None when there is no such header.
        """
        name = name.lower()
        values = [value for one, value in self.headers if one == name]
        # RFC 9110, 5.3 Field Order: a list of values is one value with commas.
        return ", ".join(values) if values else None


def _parse(body: bytes) -> Any:
    try:
        # A third of json.loads' time, with integers as exact.
        return from_json(body)
    except ValueError:
        # It stops at depth 200, at half of a surrogate pair, and reads UTF-8 alone; and AgentSpec
        # knows the words of json.loads.
        return json.loads(body)


def _decode(body: bytes, headers: tuple[tuple[str, str], ...]) -> str:
    for charset in (_charset(headers), "utf-8"):
        try:
            text = body.decode(charset, errors="replace")
            return _replaced(text)
        except (LookupError, UnicodeError):
            # No charset, or one like `idna` that cannot replace what it does not know.
            continue
    raise AssertionError("UTF-8 with replacements decodes everything")


def _replaced(text: str) -> str:
    """Replace halves of surrogate pairs, as `unicode_escape` gives: they fit into no report."""
    return text.encode(errors="replace").decode()


def _charset(headers: tuple[tuple[str, str], ...]) -> str:
    for name, value in headers:
        if name == "content-type":
            for parameter in value.split(";")[1:]:
                key, _, charset = parameter.partition("=")
                if key.strip().lower() == "charset":
                    return charset.strip().strip("\"'")
    return "utf-8"


def _cookies_in(headers: tuple[tuple[str, str], ...]) -> Iterable[tuple[str, str]]:
    """Read the names and values of set-cookie headers (RFC 6265, 5.2)."""
    for name, value in headers:
        if name == "set-cookie":
            cookie, equals, content = value.partition(";")[0].partition("=")
            if equals and cookie.strip():
                yield cookie.strip(), content.strip()
