"""All runs below a folder or a prefix, read in parallel, and each of them once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.history._cache import Cache
from agentrig.history._places import Folder, StoredRun, find_places
from agentrig.history._read import encodable, merge_folders, read_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agentrig.history._run import Run
    from agentrig.store import Store

__all__ = ["Loaded", "load", "newest_run"]

# An answer of S3 takes some 30 ms, of which 1 is ours.
READERS = 16
# Read ahead of what is kept, so that memory is bounded by runs and not by their number.
_AHEAD = 64
_MERGED = "\0merged/"


class Loaded:
    """What was found: `count` runs, and `problems`, which say why some places have none.

    `read` places were read now; of the others it was known.
    """

    def __init__(self, cache: Cache, places: Sequence[str], *, read: int) -> None:
        """Look at what is in the cache; `places` are to be given, in their order."""
        self._cache = cache
        self._places = places
        self.count = len(places)
        self.read = read
        self.problems = cache.problems()

    def runs(self) -> Iterator[Run]:
        """Give the runs, the oldest first, each as it is asked for."""
        return map(self._cache.get, self._places)

    def newest_first(self) -> Iterator[Run]:
        """Give the runs, the newest first."""
        return map(self._cache.get, reversed(self._places))


def load(store: Store, cache: Cache) -> Loaded:
    """Read what is new below the store's address, whatever lies there. Raises StoreError."""
    places = {encodable(place.key) or ".": place for place in find_places(store.list(""))}
    known = cache.states()
    new = {key: place for key, place in places.items() if known.get(key) != place.state}
    read = _read(cache, new, lambda place: read_place(store, place))
    merged = _merge_shards(store, cache, places, known)
    for gone in known.keys() - places.keys() - merged.keys():
        cache.forget(gone)
    return Loaded(cache, list(_wholes(cache)), read=read + sum(merged.values()))


def newest_run(store: Store, wanted: Callable[[Run], bool]) -> Run | None:
    """Give the run at the store's address, or the newest below it that is wanted.

    Of those below, runs that have not ended, or cannot be read, are passed over. Raises StoreError,
    and ReportError where the one run that is there cannot be read.
    """
    places = find_places(store.list(""))
    if len(places) == 1 and not places[0].key:
        return read_place(store, places[0])
    stored = [place for place in places if isinstance(place, StoredRun)]
    if len(stored) < len(places):
        # Files that were copied have the time of their copy, and shards lie beside each other.
        with Cache(None, source=store.url) as cache:
            loaded = load(store, cache)
            if not loaded.count and len(loaded.problems) == 1:
                raise ReportError(loaded.problems[0])
            return _first(loaded.newest_first(), wanted)
    stored.sort(key=lambda run: run.modified, reverse=True)
    return _first(_readable(store, stored), wanted)


def _first(runs: Iterable[Run], wanted: Callable[[Run], bool]) -> Run | None:
    return next((run for run in runs if run.finished and wanted(run)), None)


def _readable(store: Store, places: Iterable[StoredRun]) -> Iterator[Run]:
    for place in places:
        with suppress(ReportError):
            yield read_place(store, place)


def _read(
    cache: Cache,
    places: Mapping[str, Folder | StoredRun],
    read: Callable[[Folder | StoredRun], Run],
) -> int:
    """Read places, some at a time, and keep what came of each."""

    def outcome(key: str) -> tuple[str, Run | str]:
        try:
            return key, read(places[key])
        except ReportError as error:
            return key, str(error)

    keys = iter(places)
    with ThreadPoolExecutor(READERS, thread_name_prefix="history") as readers:
        while some := list(islice(keys, _AHEAD)):
            for key, found in readers.map(outcome, some):
                cache.put(key, places[key].state, found)
    return len(places)


def _merge_shards(
    store: Store,
    cache: Cache,
    places: Mapping[str, Folder | StoredRun],
    known: Mapping[str, str],
) -> dict[str, bool]:
    """Merge what are parts of a run, unless the whole is there; tell which were read for it."""
    parts: defaultdict[str, list[Folder]] = defaultdict(list)
    whole: set[str] = set()
    for one in cache.index():
        place = places.get(one.place)
        if not one.shard:
            whole |= set() if one.place.startswith(_MERGED) else {one.run}
        elif isinstance(place, Folder):
            parts[one.run].append(place)
    merged: dict[str, bool] = {}
    for run, folders in parts.items():
        if run in whole:
            continue
        key = _MERGED + run
        state = hashlib.sha256("".join(one.state for one in folders).encode()).hexdigest()
        merged[key] = known.get(key) != state
        if merged[key]:
            try:
                cache.put(key, state, merge_folders(store, folders, run=run))
            except ReportError as error:
                cache.put(key, state, str(error))
    return merged


def _wholes(cache: Cache) -> Iterator[str]:
    """Name the places of whole runs: of copies the first, of attempts at one run the last."""
    entries = [one for one in cache.index() if not one.shard]
    last: defaultdict[str, int] = defaultdict(int)
    for one in entries:
        last[one.run] = max(last[one.run], one.attempt)
    seen: set[tuple[str, int]] = set()
    for one in entries:
        is_last = one.attempt in {0, last[one.run]}
        if is_last and (one.run, one.begin_ms) not in seen:
            seen.add((one.run, one.begin_ms))
            yield one.place
