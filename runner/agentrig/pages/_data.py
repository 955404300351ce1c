"""The data of a page as lines of JSON, compressed as they come once they are many."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PageData"]

# Below it, compressing would cost a run more time than it saves space.
PLAIN_BYTES = 64 * 1024

# A multiple of 3, so that the pieces in base64 can stand one after the other.
_PIECE = 3 * 16 * 1024


class PageData:
    """Rows for a page, each a line of JSON in UTF-8; `readData()` gives them back, decoded.

    However many they are, only their compressed form is kept in memory.
    """

    def __init__(self) -> None:
        """Begin without rows."""
        self._plain: list[bytes] = []
        self._plain_bytes = 0
        self._packed: list[bytes] = []
        self._packed_bytes = 0
        self._compressor: Any = None

    def add(self, row: bytes) -> None:
        """Take the next row: one JSON document without line breaks between its parts."""
        line = row + b"\n"
        if self._compressor is None:
            self._plain.append(line)
            self._plain_bytes += len(line)
            if self._plain_bytes > PLAIN_BYTES:
                self._begin_compressing()
        else:
            self._pack(self._compressor.compress(line))

    @property
    def size(self) -> int:
        """How many bytes the rows take so far, compressed if they are."""
        return self._plain_bytes if self._compressor is None else self._packed_bytes

    def _begin_compressing(self) -> None:
        import zlib  # noqa: PLC0415  # not for small runs

        self._compressor = zlib.compressobj(level=6)
        for line in self._plain:
            self._pack(self._compressor.compress(line))
        self._plain.clear()

    def _pack(self, piece: bytes) -> None:
        if piece:
            self._packed.append(piece)
            self._packed_bytes += len(piece)

    def element(self) -> Iterator[bytes]:
        """Give the element that holds the rows, in pieces; no row comes after it."""
        if self._compressor is None:
            yield b'<script type="application/json" id="data">'
            # Every "<" of JSON stands in a string: none is left that could end the element.
            yield from (line.replace(b"<", b"\\u003c") for line in self._plain)
        else:
            self._pack(self._compressor.flush())
            yield b'<script type="application/json" id="data" data-encoding="deflate">'
            yield from _in_base64(self._packed)
        yield b"</script>\n"


def _in_base64(packed: list[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in packed:
        rest += piece
        whole = len(rest) - len(rest) % _PIECE
        if whole:
            yield b2a_base64(rest[:whole], newline=False)
            rest = rest[whole:]
    yield b2a_base64(rest, newline=False)
