"""Documents on their way, in files: what is not acknowledged outlives the process.

A segment is a file of two lines for each document: what is known of it, and its body. A document
is appended before it is sent; a segment is removed when all of its documents are acknowledged.
Whoever dies in between leaves documents that are sent again, which changes nothing in the index.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from agentrig.errors import ReportError, UsageError
from agentrig.reporters import dump

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agentrig.search._documents import Document

__all__ = [
    "SPOOL_FOLDER",
    "Segment",
    "Spool",
    "Spooled",
    "read_segment",
    "spooled",
    "spooled_segments",
]

SPOOL_FOLDER = "search-spool"

_END = ".ndjson"
_REFUSED = "refused"
_LOCK = "lock"

MAX_DOCUMENTS = 500
MAX_BYTES = 4 << 20
"""A request holds about as much: servers take from 10 MB (small ones of AWS) to 100 MB."""


class Spooled(Struct, frozen=True, kw_only=True):
    """A document to be sent: its `body` is JSON; `reason` says why the server refused it before."""

    id: str
    version: int
    day: str
    body: bytes
    reason: str | None = None

    def lines(self) -> bytes:
        """Give its two lines."""
        header = _Header(id=self.id, version=self.version, day=self.day, reason=self.reason)
        return msgspec.json.encode(header) + b"\n" + self.body + b"\n"


class _Header(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    version: int
    day: str
    reason: str | None = None


class Segment(Struct, frozen=True, kw_only=True):
    """A file of so many documents that nothing is added to any more."""

    file: Path
    documents: int


class Spool:
    """The folder of the documents of one run; other runs may have left theirs in it.

    Not safe for threads, but for `read`, `keep` and `refuse`, which concern what is sealed.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder, and keep others from sending what lies there. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = _locked(folder)
        numbers = [int(file.stem) for file in folder.glob(f"*{_END}") if file.stem.isdecimal()]
        self._number = max(numbers, default=0)
        self._fd: int | None = None
        self._file = folder
        self._documents = self._bytes = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a segment that has not been sealed."""
        return self._fd is not None

    def append(self, document: Spooled) -> Segment | None:
        """Write a document; give the segment that it has made full. Raises OSError."""
        if self._fd is None:
            self._number += 1
            self._file = self.folder / f"{self._number:06}{_END}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._fd = os.open(self._file, flags, 0o644)
            self._documents = self._bytes = 0
        lines = document.lines()
        if os.write(self._fd, lines) != len(lines):
            raise OSError("the disk took only a part of a document")
        self._documents += 1
        self._bytes += len(lines)
        is_full = self._documents >= MAX_DOCUMENTS or self._bytes >= MAX_BYTES
        return self.seal() if is_full else None

    def seal(self) -> Segment | None:
        """End the segment that is being written, if there is one."""
        if self._fd is None:
            return None
        os.close(self._fd)
        self._fd = None
        return Segment(file=self._file, documents=self._documents)

    def keep(self, segment: Segment, documents: Iterable[Spooled]) -> None:
        """Leave only these documents in a segment; remove it if there are none."""
        _write(segment.file, documents)

    def refuse(self, documents: Iterable[Spooled]) -> None:
        """Put documents away that the server will not take as they are."""
        lines = b"".join(document.lines() for document in documents)
        if lines:
            with (self.folder / f"{_REFUSED}{_END}").open("ab") as file:
                file.write(lines)

    def close(self) -> None:
        """Let others have the folder; remove it if nothing is left in it."""
        self.seal()
        _unlock(self._lock)
        with suppress(OSError):
            (self.folder / _LOCK).unlink()
            self.folder.rmdir()


def spooled(document: Document) -> Spooled:
    """Give a document as it is spooled and sent; its day is that of its `@timestamp`."""
    return Spooled(
        id=document.id,
        version=document.version,
        day=str(document.body["@timestamp"])[:10],
        body=dump(document.body),
    )


def spooled_segments(folder: Path) -> list[Segment]:
    """List what lies in a spool, the oldest first; what was refused comes last."""
    files = sorted(folder.glob(f"*{_END}"))
    return [Segment(file=file, documents=sum(1 for _ in read_segment(file))) for file in files]


def read_segment(file: Path) -> Iterator[Spooled]:
    """Read the documents of a segment; one that was cut off, as by a full disk, is left out.

    Raises ReportError for what cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ReportError(f"cannot read '{file}': {error.strerror}") from error
    lines = content.split(b"\n")
    for number in range(0, len(lines) - 2, 2):
        try:
            header = msgspec.json.decode(lines[number], type=_Header)
        except (ValueError, RecursionError) as error:
            where = f"{file}:{number + 1}"
            raise ReportError(f"{where}: not a document of a spool: {error}") from error
        yield Spooled(
            id=header.id,
            version=header.version,
            day=header.day,
            reason=header.reason,
            body=lines[number + 1],
        )


def _write(file: Path, documents: Iterable[Spooled]) -> None:
    content = b"".join(document.lines() for document in documents)
    if not content:
        file.unlink(missing_ok=True)
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _locked(folder: Path) -> int | None:
    """Lock a folder until this process ends. Raises UsageError if another one has it."""
    try:
        import fcntl  # noqa: PLC0415  # there is none on Windows
    except ImportError:
        return None
    fd = os.open(folder / _LOCK, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise UsageError(
            f"another process is sending the documents in '{folder}': wait for its end"
        ) from None
    except OSError:
        # Some file systems know no locks, as NFS does without its daemon.
        return fd
    return fd


def _unlock(fd: int | None) -> None:
    if fd is not None:
        os.close(fd)
