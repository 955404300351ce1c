"""The attempts of a run: who makes which, and what is kept of each."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  # msgspec resolves it
import itertools
import secrets
import socket
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from agentrig.errors import NotStoredError
from agentrig.reporters import JOURNAL_FILE
from agentrig.store._layout import (
    CLAIM_FILE,
    RUNS,
    attempt_folder,
    name_of,
    number_of,
    run_folder,
    shard_folder,
)
from agentrig.store._store import Store, Stored  # noqa: TC001  # msgspec resolves them
from agentrig.stream import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "PIECES",
    "StoredAttempt",
    "claim_attempt",
    "piece_key",
    "stored_attempts",
    "stored_runs",
]

PIECES = "journal/"


class StoredAttempt(Struct, frozen=True, kw_only=True):
    """One attempt at a shard of a run, as it is kept.

    `shard` is 0 for a run that is not split, `attempt` counts from 1. `claimed` is when it began,
    by the clock of the machine that made it, else by that of the store; `host` is that machine's
    name, empty if nobody knows. `files` maps the names of what it holds, such as `junit.xml` and
    `artifacts/a.png`, to their objects.
    """

    store: Store
    run: str
    shard: int
    attempt: int
    claimed: dt.datetime
    host: str
    files: Mapping[str, Stored]

    @property
    def is_whole(self) -> bool:
        """Whether its journal was put there whole, at its end."""
        return JOURNAL_FILE in self.files

    def journal(self) -> bytes:
        """Give its journal, all of it or as far as it came; empty if nothing came."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterable[bytes]:
        """Give its journal in parts, each of whole lines, up to the first one that is missing."""
        if self.is_whole:
            yield self.store.get(self.files[JOURNAL_FILE].key)
            return
        expected = 0
        for name, stored in sorted(self.files.items()):
            if not name.startswith(PIECES):
                continue
            if name != piece_key(expected):
                return
            content = self.store.get(stored.key)
            expected += content.count(b"\n")
            yield content


class _Claim(Struct, frozen=True, kw_only=True):
    run: str
    shard: int
    attempt: int
    host: str = ""
    claimed: dt.datetime | None = None
    # Tells this claim from every other, for a store whose answer to it was lost on the way.
    token: str = ""


def claim_attempt(
    store: Store, run: str, shard: int, *, now: Callable[[], dt.datetime] = utc_now
) -> int:
    """Take the next attempt at a shard of a run, which nobody else will have; give its number.

    Raises StoreError, and UsageError for a run that cannot be kept.
    """
    folders = store.folders(shard_folder(run, shard))
    taken = [number_of(one, "attempt") or 0 for one in folders]
    for attempt in itertools.count(max(taken, default=0) + 1):
        claim = _Claim(
            run=run,
            shard=shard,
            attempt=attempt,
            host=socket.gethostname(),
            claimed=now(),
            token=secrets.token_hex(8),
        )
        key = attempt_folder(run, shard, attempt) + CLAIM_FILE
        if store.create(key, msgspec.json.encode(claim) + b"\n"):
            return attempt
    raise AssertionError  # counting does not end


def stored_attempts(store: Store, run: str) -> list[StoredAttempt]:
    """Give all attempts at all shards of a run, in their order; none if it is not kept there.

    Raises StoreError, and UsageError for a run that cannot be kept.
    """
    folder = run_folder(run)
    found: dict[tuple[int, int], dict[str, Stored]] = {}
    for stored in store.list(folder):
        parts = stored.key.removeprefix(folder).split("/", 2)
        if len(parts) == 3:  # noqa: PLR2004  # shard, attempt and name
            shard, attempt = number_of(parts[0], "shard"), number_of(parts[1], "attempt")
            if shard is not None and attempt:
                found.setdefault((shard, attempt), {})[parts[2]] = stored
    return [
        _attempt(store, run, shard, attempt, files)
        for (shard, attempt), files in sorted(found.items())
    ]


def stored_runs(store: Store) -> list[str]:
    """Name all runs that are kept, in the order of their names. Raises StoreError."""
    names = (name_of(folder) for folder in store.folders(RUNS))
    return sorted(name for name in names if name is not None)


def piece_key(lines: int) -> str:
    """Give the name of the part of a journal that begins after so many lines."""
    return f"{PIECES}{lines:010}.jsonl"


def _attempt(
    store: Store, run: str, shard: int, attempt: int, files: dict[str, Stored]
) -> StoredAttempt:
    first = min(one.modified for one in files.values())
    claim = _claim(store, files[CLAIM_FILE].key) if CLAIM_FILE in files else None
    claimed = claim.claimed if claim else None
    return StoredAttempt(
        store=store,
        run=run,
        shard=shard,
        attempt=attempt,
        claimed=claimed if claimed and claimed.tzinfo else first,
        host=claim.host if claim else "",
        files=files,
    )


def _claim(store: Store, key: str) -> _Claim | None:
    """Read a claim; of one that is half written, or not ours, nothing is known."""
    try:
        return msgspec.json.decode(store.get(key), type=_Claim)
    except (NotStoredError, msgspec.DecodeError, UnicodeDecodeError):
        return None
