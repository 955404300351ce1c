"""The journal as a block at the end of a log: results without any storage.

    -----BEGIN AGENTRIG JOURNAL bytes=N sha256=HEX-----
    base64 of the zlib-compressed journal
    -----END AGENTRIG JOURNAL-----

`bytes` and `sha256` are of the journal itself. In a log of objects (`--log-format json`) each line
is the `message` of one. A finished pod can be asked for its log, and for
nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, TextIO

import msgspec
from msgspec import Struct

from agentrig.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Record

__all__ = ["COLUMNS", "JSON_COLUMNS", "LogBlockReporter", "find_blocks", "write_block"]

_BEGIN = re.compile(r"-----BEGIN AGENTRIG JOURNAL bytes=(\d{1,15}) sha256=([0-9a-f]{64})-----")
_END = "-----END AGENTRIG JOURNAL-----"
_MARK = " AGENTRIG JOURNAL"
# Container runtimes break lines at 16 KiB; people's terminals far earlier.
COLUMNS = 160
# In a log of objects each line has company that costs as much as a short line itself.
JSON_COLUMNS = 8_000
# A run of 100,000 scenarios takes some 100 MB. A block says its size itself, so that a log from
# anywhere could else ask for all the memory there is.
_MAX_BYTES = 512 * 1024 * 1024


class LogBlockReporter:
    """Prints the block of a journal file when the run is over.

    It must end after the journal, and so stands before it among the reporters of a stream.
    """

    def __init__(self, journal: Path, output: TextIO, *, columns: int = COLUMNS) -> None:
        """Read `journal` and print to `output` on close, in lines of so many characters."""
        self._journal = journal
        self._output = output
        self._columns = columns

    def receive(self, record: Record) -> None:
        """Do nothing: the journal holds the record already."""

    def close(self) -> None:
        """Print the block."""
        self._output.write(write_block(self._journal.read_bytes(), columns=self._columns))
        self._output.flush()


def write_block(journal: bytes, *, columns: int = COLUMNS) -> str:
    """Write the block of a journal."""
    digest = hashlib.sha256(journal).hexdigest()
    text = base64.b64encode(zlib.compress(journal, 9)).decode()
    lines = [text[at : at + columns] for at in range(0, len(text), columns)]
    begin = f"-----BEGIN AGENTRIG JOURNAL bytes={len(journal)} sha256={digest}-----"
    return "\n".join([begin, *lines, _END, ""])


def find_blocks(log: str, *, name: str) -> list[bytes]:
    """Find the journals in a log, whose lines may carry a prefix (`--timestamps`, `--prefix`).

    A block that is cut off or damaged is left out where a whole one follows: an earlier attempt
    was killed, or a test printed what looks like a block. Raises ReportError for the last one.
    """
    journals: list[bytes] = []
    problem: ReportError | None = None
    begin: re.Match[str] | None = None
    content: list[str] = []
    for raw in log.splitlines():
        line = _message(raw) if begin or _MARK in raw else raw
        if found := _BEGIN.search(line):
            begin, content = found, []
        elif begin and _END in line:
            try:
                journals.append(_unpack("".join(content), int(begin[1]), begin[2], name))
                problem = None
            except ReportError as error:
                problem = error
            begin = None
        elif begin:
            content += line.split()[-1:]
    if begin:
        problem = ReportError(f"{name}: the journal block is cut off: fetch the whole log")
    if problem:
        raise problem
    return journals


def _message(line: str) -> str:
    """Give the message of a line that is an object (`--log-format json`), else the line itself."""
    at = line.find("{")
    if at < 0:  # no character of base64
        return line
    try:
        return msgspec.json.decode(line[at:], type=_Object).message
    except (ValueError, RecursionError):
        return line


class _Object(Struct):
    message: str


def _unpack(text: str, size: int, digest: str, name: str) -> bytes:
    if size > _MAX_BYTES:
        raise ReportError(f"{name}: the journal block is too large: {size} bytes")
    try:
        # One byte more than announced is enough to see that too much is there.
        journal = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size + 1)
    except (ValueError, zlib.error) as error:
        raise ReportError(f"{name}: the journal block is damaged: {error}") from error
    if len(journal) != size or hashlib.sha256(journal).hexdigest() != digest:
        raise ReportError(f"{name}: the journal block does not match its checksum")
    return journal
