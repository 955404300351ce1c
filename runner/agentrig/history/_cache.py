"""What was read before, small, in a file: of thousands of runs only the new ones are read again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, Self
from zlib import crc32

import msgspec

from agentrig.errors import ReportError, UsageError
from agentrig.history._run import Metric, Result, Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = ["Cache", "Entry"]

# "agrh": tells our file from another program's, which is not to be touched.
APPLICATION = 0x61677268
# How long another process may hold it, before it is done without.
LOCKED_S = 5.0
_TABLE = """
CREATE TABLE IF NOT EXISTS read (
    source TEXT NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL,
    run TEXT, begin_ms INTEGER, shard INTEGER, attempt INTEGER, content BLOB, problem TEXT,
    PRIMARY KEY (source, place)
) WITHOUT ROWID
"""
# Of the shape of what is kept: with another one, a cache begins anew. It is a positive int32.
_SHAPE = (_TABLE, *(one.__struct_fields__ for one in (Run, Result, Metric)))
VERSION = crc32(repr(_SHAPE).encode()) & 0x7FFFFFFF


class Entry(NamedTuple):
    """What is known of a run without reading all of it; fields as in `Run`."""

    place: str
    run: str
    begin_ms: int
    shard: int
    attempt: int


class Cache:
    """Maps places of a source to their runs, or to why they have none, by their state.

    Without a file, and where that cannot be used, it is kept in memory; `warning` says so. Raises
    UsageError for a file of something else.
    """

    def __init__(self, file: Path | None, *, source: str) -> None:
        """Open the cache of one source; a damaged one begins anew."""
        self.warning: str | None = None
        self._source = source
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Run)
        self._database = self._open(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep all that was put, also where something else went wrong: it was read."""
        with closing(self._database):
            try:
                self._database.commit()
            except sqlite3.Error as problem:
                self.warning = f"cannot keep what was read: {problem}"

    def states(self) -> dict[str, str]:
        """Give the state of each place when it was read."""
        rows = self._database.execute(
            "SELECT place, state FROM read WHERE source = ?", (self._source,)
        )
        return dict(rows.fetchall())

    def put(self, place: str, state: str, found: Run | str) -> None:
        """Keep what was read: a run, or what is wrong. Raises ReportError for a full disk."""
        run = found if isinstance(found, Run) else None
        row = (
            self._source,
            place,
            state,
            run.run if run else None,
            run.begin_ms if run else None,
            run.shard if run else None,
            run.attempt if run else None,
            self._encoder.encode(run) if run else None,
            None if run else found,
        )
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO read VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
        except sqlite3.Error as error:
            raise ReportError(f"cannot keep what was read of '{place}': {error}") from error

    def forget(self, place: str) -> None:
        """Drop a place that is no more."""
        self._database.execute(
            "DELETE FROM read WHERE source = ? AND place = ?", (self._source, place)
        )

    def index(self) -> Iterator[Entry]:
        """Say what is known of all runs, the oldest first."""
        rows = self._database.execute(
            "SELECT place, run, begin_ms, shard, attempt FROM read WHERE source = ? AND run IS NOT NULL "
            "ORDER BY begin_ms, run, place",
            (self._source,),
        ).fetchall()
        yield from map(Entry._make, rows)

    def problems(self) -> list[str]:
        """Say why places have no run, in their order."""
        rows = self._database.execute(
            "SELECT problem FROM read WHERE source = ? AND problem IS NOT NULL ORDER BY place",
            (self._source,),
        )
        return [problem for (problem,) in rows]

    def get(self, place: str) -> Run:
        """Give the run of a place that has one."""
        ((content,),) = self._database.execute(
            "SELECT content FROM read WHERE source = ? AND place = ?", (self._source, place)
        )
        return self._decoder.decode(content)

    def _open(self, file: Path | None) -> sqlite3.Connection:
        if file is None:
            return _connect(":memory:")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not _is_ours(file):
                raise UsageError(f"'{file}' is no cache of agentrig: name another with --cache")
            try:
                return _connect(str(file))
            except sqlite3.OperationalError:
                raise  # in use by another process, or not to be written
            except sqlite3.DatabaseError:
                # Cut short, as by a full disk: what it held can be read again.
                file.unlink()
                return _connect(str(file))
        except (OSError, sqlite3.Error) as error:
            self.warning = f"cannot keep what was read in '{file}': {error}"
            return _connect(":memory:")


def _is_ours(file: Path) -> bool:
    """Say whether a file is a cache, or not there yet, by its header.

    https://www.sqlite.org/fileformat2.html#the_database_header: the application's id is at 68.
    """
    try:
        with file.open("rb") as content:
            header = content.read(100)
    except FileNotFoundError:
        return True
    begins = header.startswith(b"SQLite format 3\0")
    return not header or (begins and header[68:72] == APPLICATION.to_bytes(4, "big"))


def _connect(file: str) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=LOCKED_S)
    try:
        # Until the end nobody else reads or writes: what two have read at once is read twice.
        database.execute("BEGIN EXCLUSIVE")
        ((version,),) = database.execute("PRAGMA user_version")
        if version != VERSION:
            database.execute("DROP TABLE IF EXISTS read")
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(_TABLE)
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Look at every page, so that damage is found at the beginning and not half way."""
    ((sound,),) = database.execute("PRAGMA quick_check(1)")
    if sound != "ok":
        raise sqlite3.DatabaseError(sound)
