"""Where results lie below a folder or a prefix, as the names of their files tell.

A store keeps the attempts of a run below one folder. Anything else, such as the artifacts of a CI
server as they are unpacked, are results folders that stand for themselves.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.reporters import JOURNAL_FILE, SUMMARY_FILE
from agentrig.store import Stored  # noqa: TC001  # msgspec resolves it

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

__all__ = ["REPORT_FILE", "Folder", "StoredRun", "find_places"]

REPORT_FILE = "report.html"
_PIECE = re.compile(r"journal/[0-9]+\.jsonl")
_OF_STORE = re.compile(
    r"(?P<run>(?:.*/)?)(?:shard=(?P<shard>0|[1-9][0-9]{0,8})/attempt=(?P<attempt>[1-9][0-9]{0,8})"
    r"|merged)/(?P<name>.+)"
)
_RESULTS = (JOURNAL_FILE, SUMMARY_FILE)


class Folder(Struct, frozen=True, kw_only=True):
    """A results folder: `key` is empty, or ends with `/`; `files` are those that matter here."""

    key: str
    files: Mapping[str, Stored]

    @property
    def state(self) -> str:
        """Give what changes when any of its files does."""
        return _state(self.files.values())

    @property
    def report(self) -> str | None:
        """Give the key of its report for people."""
        return self.key + REPORT_FILE if REPORT_FILE in self.files else None


class StoredRun(Struct, frozen=True, kw_only=True):
    """A run as a store keeps it; `attempts` are by shard and attempt, in their order."""

    key: str
    merged: Folder | None
    attempts: Mapping[tuple[int, int], Folder]

    @property
    def folders(self) -> list[Folder]:
        """Give all of its folders."""
        return [*self.attempts.values(), *([self.merged] if self.merged else [])]

    @property
    def state(self) -> str:
        """Give what changes when any of its files does."""
        return _state(one for folder in self.folders for one in folder.files.values())

    @property
    def modified(self) -> dt.datetime:
        """Give when something was last put there."""
        return max(one.modified for folder in self.folders for one in folder.files.values())

    @property
    def last(self) -> dict[int, Folder]:
        """Give the last attempt at each shard."""
        return {shard: folder for (shard, _), folder in self.attempts.items()}


def find_places(objects: Iterable[Stored]) -> list[Folder | StoredRun]:
    """Find all that may hold results, in the order of their keys."""
    loose: dict[str, dict[str, Stored]] = {}
    merged: dict[str, dict[str, Stored]] = {}
    attempts: dict[str, dict[tuple[int, int], dict[str, Stored]]] = {}
    for one in objects:
        if found := _OF_STORE.fullmatch(one.key):
            if not _matters(found["name"]):
                continue
            if found["shard"] is None:
                merged.setdefault(found["run"], {})[found["name"]] = one
            else:
                number = int(found["shard"]), int(found["attempt"])
                of_run = attempts.setdefault(found["run"], {})
                of_run.setdefault(number, {})[found["name"]] = one
            continue
        folder, _, name = one.key.rpartition("/")
        if name in {*_RESULTS, REPORT_FILE}:
            loose.setdefault(f"{folder}/" if folder else "", {})[name] = one
    places: list[Folder | StoredRun] = [
        Folder(key=key, files=files)
        for key, files in loose.items()
        if not files.keys().isdisjoint(_RESULTS)
    ]
    for key in {**attempts, **merged}:
        files = merged.get(key)
        places.append(
            StoredRun(
                key=key,
                merged=Folder(key=f"{key}merged/", files=files) if files else None,
                attempts={
                    (shard, attempt): Folder(
                        key=f"{key}shard={shard}/attempt={attempt}/", files=found
                    )
                    for (shard, attempt), found in sorted(attempts.get(key, {}).items())
                },
            )
        )
    return sorted(places, key=lambda one: one.key)


def _matters(name: str) -> bool:
    return name in {*_RESULTS, REPORT_FILE, "claim.json"} or _PIECE.fullmatch(name) is not None


def _state(files: Iterable[Stored]) -> str:
    digest = hashlib.sha256()
    for one in sorted(files, key=lambda one: one.key):
        digest.update(
            f"{one.key}\0{one.size}\0{one.modified.timestamp()}\0".encode(
                "utf-8", "surrogateescape"
            )
        )
    return digest.hexdigest()
