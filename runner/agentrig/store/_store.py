"""What a store can do, wherever it keeps things: objects under keys, whole or not at all."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  # msgspec resolves it
import mimetypes
import os
from typing import TYPE_CHECKING, BinaryIO, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["MEDIA_TYPE", "Store", "Stored", "check_key", "media_type_of", "open_unlinked"]

MEDIA_TYPE = "application/octet-stream"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".log": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
}


class Stored(Struct, frozen=True, kw_only=True):
    """One object: its key, its `size` in bytes, and when it was written, by the store's clock."""

    key: str
    size: int
    modified: dt.datetime


class Store(Protocol):
    """Keeps objects under keys, whose parts are separated by `/`.

    Every call raises StoreError where the store cannot be reached or refuses, and ValueError for
    a key that is none. Safe for threads.
    """

    @property
    def url(self) -> str:
        """The address as it was given, without credentials."""

    def create(self, key: str, content: bytes) -> bool:
        """Put an object that is not there yet; False if it is. Of many at once, one succeeds."""

    def put(self, key: str, content: bytes, *, media_type: str = MEDIA_TYPE) -> None:
        """Put an object, whole or not at all; to put it again changes nothing."""

    def put_file(
        self,
        key: str,
        file: Path,
        *,
        media_type: str = MEDIA_TYPE,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Put what is in a file, of any size, and tell of bytes that were sent.

        Raises OSError where the file cannot be read. A link is not followed: it may lead to
        anything that this process can read.
        """

    def get(self, key: str) -> bytes:
        """Give the content of an object. Raises NotStoredError."""

    def list(self, prefix: str) -> Iterator[Stored]:
        """Give all objects whose key begins with `prefix`, in the order of their keys."""

    def folders(self, prefix: str) -> Iterator[str]:
        """Name what lies directly below `prefix`, which ends with `/`, and has more below it.

        They come in no order.
        """


def check_key(key: str) -> str:
    """Raise ValueError for a key that would be another one, or none, in some store."""
    parts = key.split("/")
    if any(part in {"", ".", ".."} for part in parts) or "\0" in key or "\\" in key:
        raise ValueError(f"no key of a store: {key!r}")
    return key


def media_type_of(name: str) -> str:
    """Say what a file of that name holds."""
    suffix = name[name.rfind(".") :] if "." in name else ""
    return _MEDIA_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or MEDIA_TYPE


def open_unlinked(file: Path) -> BinaryIO:
    """Open a file that is no link. Raises OSError."""
    return os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb")
