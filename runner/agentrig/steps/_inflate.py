"""Undoing the content codings of RFC 9110, 8.4.1, piece by piece and never past a limit."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ACCEPTED", "InflateError", "Inflater", "inflater_for"]

ACCEPTED = "gzip, deflate"
"""What a request asks for. The library undoes `br` and `zstd`, but hides that it did."""

_GZIP = frozenset({"gzip", "x-gzip"})
# A piece of this size keeps a bomb from filling the memory before it is counted.
PIECE_BYTES = 1 << 20


class InflateError(ValueError):
    """A body that is not coded as its headers say."""


class Inflater:
    """Undoes one coding; `limit` bytes are given at most, and one more to tell that there was."""

    def __init__(self, coding: str, limit: int) -> None:
        """Begin; `coding` is gzip or deflate."""
        self._coding = coding
        self._left = limit + 1
        # 32 more bits let zlib tell gzip's header from its own.
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS + 32)
        # Until something came out, a `deflate` without zlib's header may have been meant: many
        # servers send that.
        self._begun: bytes | None = b""
        self._fed = False

    def feed(self, data: bytes) -> bytes:
        """Give what `data` adds. Raises InflateError."""
        if not data or self._left <= 0:
            return b""
        self._fed = True
        begun, self._begun = self._begun, None
        try:
            found = self._inflate(data)
        except zlib.error as error:
            if begun is None or self._coding in _GZIP:
                raise InflateError(self._problem()) from error
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                return self._inflate(begun + data)
            except zlib.error as second:
                raise InflateError(self._problem()) from second
        if begun is not None and not found:
            self._begun = begun + data
        return found

    def finish(self) -> None:
        """Refuse a body that ended in the middle. Raises InflateError."""
        if self._fed and self._left > 0 and not self._zlib.eof:
            raise InflateError(f"its {self._coding} body ends too soon")

    def _inflate(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        while data and self._left > 0:
            if self._zlib.eof:
                # RFC 1952, 2.2: members follow each other; what else follows is padding.
                if not data.startswith(b"\x1f\x8b"):
                    break
                self._zlib = zlib.decompressobj(zlib.MAX_WBITS + 32)
            piece = self._zlib.decompress(data, min(self._left, PIECE_BYTES))
            self._left -= len(piece)
            pieces.append(piece)
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
        return b"".join(pieces)

    def _problem(self) -> str:
        return f"its body is not {self._coding}, as its headers say"


class _Chain:
    """Undoes several codings, the last one named first."""

    def __init__(self, inflaters: list[Inflater]) -> None:
        self._inflaters = inflaters

    def feed(self, data: bytes) -> bytes:
        """Give what `data` adds. Raises InflateError."""
        for inflater in self._inflaters:
            data = inflater.feed(data)
        return data

    def finish(self) -> None:
        """Refuse a body that ended in the middle. Raises InflateError."""
        for inflater in self._inflaters:
            inflater.finish()


def inflater_for(headers: Iterable[tuple[str, str]], limit: int) -> Inflater | _Chain | None:
    """Make what undoes the codings that `headers` name; None when there is nothing to undo."""
    named = ",".join(value for name, value in headers if name == "content-encoding")
    if not named:
        return None
    codings = [coding.strip().lower() for coding in reversed(named.split(","))]
    found = [Inflater(one, limit) for one in codings if one in _GZIP or one == "deflate"]
    if len(found) > 1:
        return _Chain(found)
    return found[0] if found else None
