"""Where the page is put, and what was read is kept beside it: a folder, or a bucket."""

from __future__ import annotations

import os
import posixpath
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

from agentrig.errors import NotStoredError
from agentrig.store import media_type_of, open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["cache_beside", "put_page", "way_between"]

PAGE_FILE = "index.html"
CACHE_FILE = ".agentrig-history.sqlite3"


def put_page(output: str, pieces: Iterable[bytes]) -> str:
    """Put the page, whole or not at all; give its address. Raises StoreError."""
    open_store(output).put(PAGE_FILE, b"".join(pieces), media_type=media_type_of(PAGE_FILE))
    return f"{output.rstrip('/')}/{PAGE_FILE}"


@contextmanager
def cache_beside(output: str) -> Iterator[Path]:
    """Give the file beside the page; one in a bucket is fetched, and put back. Raises StoreError."""
    if "://" not in output:
        yield Path(output, CACHE_FILE)
        return
    store = open_store(output)
    with TemporaryDirectory(prefix="agentrig-history-") as scratch:
        file = Path(scratch, CACHE_FILE)
        before = b""
        with suppress(NotStoredError):
            file.write_bytes(before := store.get(CACHE_FILE))
        yield file
        if file.exists() and file.read_bytes() != before:
            store.put_file(CACHE_FILE, file)


def way_between(output: str, source: str) -> str | None:
    """Give the relative address of what was read from the page, None if there is none."""
    if "://" in output and "://" in source:
        there, here = (url.partition("://")[2].rstrip("/") for url in (source, output))
        if there.partition("/")[0] != here.partition("/")[0]:
            return None
        between = posixpath.relpath(f"/{there}", f"/{here}")
    elif "://" in output or "://" in source:
        return None
    else:
        try:
            between = os.path.relpath(Path(source).resolve(), Path(output).resolve())
        except ValueError:
            return None  # on another drive
    return quote(between.replace(os.sep, "/"), errors="surrogateescape") + "/"
