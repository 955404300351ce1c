"""Who may begin next: the plan's order, locks, and scenarios that run alone.

Every lock has a line of those who asked for it, in the order in which they were added. One may
begin when it stands first in the line of each of its locks, and so takes all of them at once:
nobody holds one lock while waiting for another (no deadlock), and nobody is overtaken by a later
one that wants the same (no starvation). Whoever waits holds nothing, not even a place among those
that run.

A guest is not of the plan: a Python test, whose thread is there anyway. It takes no place among
the `size` that run at once, and stands before all that have not begun.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["Entry", "Queue"]

T = TypeVar("T")

_FAR = 1 << 60


class Entry(Generic[T]):
    """One place in the queue."""

    __slots__ = ("alone", "locks", "number", "what")

    def __init__(self, what: T, *, number: int, locks: Collection[str], alone: bool) -> None:
        """Keep what waits; `number` is its place among all that were ever added, a guest's below 0."""
        self.what = what
        self.number = number
        self.locks = frozenset(locks)
        self.alone = alone

    @property
    def is_guest(self) -> bool:
        """Whether it came in by `add_guest`."""
        return self.number < 0

    def __lt__(self, other: Entry[T]) -> bool:
        return self.number < other.number


class Queue(Generic[T]):
    """What waits and what runs, at most `size` at once."""

    def __init__(self, size: int) -> None:
        """Begin with nothing."""
        self._size = size
        self._added = 0
        self._lines: defaultdict[str, deque[Entry[T]]] = defaultdict(deque)
        # Those that are first in all of their lines, by number.
        self._ready: list[Entry[T]] = []
        self._waiting: dict[int, Entry[T]] = {}
        self._running: set[int] = set()
        self._guests = 0
        self._guests_running = 0
        self._runs_alone = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody runs and nobody waits."""
        return not (self._running or self._waiting)

    def __iter__(self) -> Iterator[T]:
        """Walk those that wait, in their order."""
        return (entry.what for entry in self._waiting.values())

    def add(self, what: T, *, locks: Collection[str] = (), alone: bool = False) -> None:
        """Let `what` wait behind all others; one that runs `alone` lets no later one pass."""
        entry = Entry(what, number=self._added, locks=locks, alone=alone)
        self._added += 1
        self._waiting[entry.number] = entry
        for lock in entry.locks:
            self._lines[lock].append(entry)
        if self._is_first(entry):
            heapq.heappush(self._ready, entry)

    def add_guest(self, what: T, *, locks: Collection[str] = ()) -> None:
        """Let `what` wait only for those that hold its locks, and for guests before it."""
        # Earlier guests have the lower numbers.
        entry = Entry(what, number=self._guests - _FAR, locks=locks, alone=False)
        self._guests += 1
        # The order of those that wait is told by `__iter__`.
        self._waiting = {entry.number: entry, **self._waiting}
        for lock in entry.locks:
            line = self._lines[lock]
            before = (one for one in line if one.is_guest or one.number in self._running)
            line.insert(sum(1 for _ in before), entry)
        # It may have taken the first place from one that had them all.
        self._ready = [one for one in self._ready if self._is_first(one)]
        heapq.heapify(self._ready)
        if self._is_first(entry):
            heapq.heappush(self._ready, entry)

    def take(self) -> Entry[T] | None:
        """Give the next one that may begin, with its locks taken; None if none may now."""
        if not self._ready or self._runs_alone:
            return None
        entry = self._ready[0]
        is_full = len(self._running) - self._guests_running >= self._size
        if (is_full and not entry.is_guest) or (entry.alone and self._running):
            return None
        heapq.heappop(self._ready)
        del self._waiting[entry.number]
        self._running.add(entry.number)
        self._guests_running += entry.is_guest
        self._runs_alone = entry.alone
        return entry

    def release(self, entry: Entry[T]) -> None:
        """Give back the locks of one that was taken."""
        self._running.remove(entry.number)
        self._guests_running -= entry.is_guest
        self._runs_alone = False
        for lock in entry.locks:
            line = self._lines[lock]
            line.popleft()
            if not line:
                del self._lines[lock]
        # Each of those that are first now is pushed once: by the last lock that it waited for.
        for first in {self._lines[lock][0] for lock in entry.locks if lock in self._lines}:
            if self._is_first(first):
                heapq.heappush(self._ready, first)

    def clear(self) -> list[T]:
        """Let nobody begin any more; give those that waited, in their order."""
        left = list(self)
        self._waiting.clear()
        self._ready.clear()
        held = {
            lock: deque(entry for entry in line if entry.number in self._running)
            for lock, line in self._lines.items()
        }
        self._lines = defaultdict(deque, {lock: line for lock, line in held.items() if line})
        return left

    def _is_first(self, entry: Entry[T]) -> bool:
        return all(self._lines[lock][0] is entry for lock in entry.locks)
