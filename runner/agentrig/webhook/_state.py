"""How the last run of a name ended: one object for each change, made by whoever sees it first.

`state/<name>/<number>.json` is only ever made anew, by the store's `create`: of two runs that end
at once, one makes the next number, and the other one looks again. So each change is seen once,
and nothing is lost between reading and writing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agentrig.errors import StoreError

if TYPE_CHECKING:
    from agentrig.store import Store

__all__ = ["Change", "OutcomeLog"]

_NUMBER = re.compile(r"(\d{10})\.json")
# Of so many that end at the same moment each one gets its turn.
_ATTEMPTS = 20
_MAX_NAME = 200


class _State(Struct, frozen=True, kw_only=True):
    """Since the run that began at that time the outcome has been this one; `told` to somebody."""

    outcome: str
    run: str
    began: str
    told: bool = False


class Change(Struct, frozen=True, kw_only=True):
    """A change that is to be told; `previous` is the outcome before it, None at the first run."""

    key: str
    state: _State
    previous: str | None


class OutcomeLog:
    """The outcomes of the runs of one name."""

    def __init__(self, store: Store, name: str) -> None:
        """Keep them in `store`."""
        self._store = store
        escaped = quote(name, safe="=+@,", errors="replace")[:_MAX_NAME]
        # '.' is no name, and names that begin with it are hidden or special in some places.
        escaped = f"%2E{escaped[1:]}" if escaped.startswith(".") else escaped
        self._folder = f"state/{escaped or '%'}/"

    def note(self, *, outcome: str, run: str, began: str) -> Change | None:
        """Take note of how a run ended; give the change, if that is one which nobody was told of.

        `began` is RFC 3339, UTC: a run that began before the one that made the last change comes
        too late to say anything. The first run of all is a change unless it passed. Raises
        StoreError.
        """
        mine = _State(outcome=outcome, run=run, began=began)
        for _ in range(_ATTEMPTS):
            number, last, before = self._last()
            if last and last.outcome == outcome:
                if last.told:
                    return None
                # Whoever made it could not tell.
                return Change(key=self._key(number), state=last, previous=before)
            if last and last.run != run and last.began > began:
                return None
            is_quiet = last is None and number == 0 and outcome == "passed"
            state = replace(mine, told=is_quiet)
            key = self._key(number + 1)
            if self._store.create(key, msgspec.json.encode(state)):
                previous = last.outcome if last else None
                return None if is_quiet else Change(key=key, state=state, previous=previous)
        raise StoreError(f"'{self._store.url}': too many runs end at once")

    def tell(self, change: Change) -> None:
        """Take note that somebody was told. Raises StoreError."""
        content = msgspec.json.encode(replace(change.state, told=True))
        self._store.put(change.key, content, media_type="application/json")

    def _last(self) -> tuple[int, _State | None, str | None]:
        """Give the number of the last change, what it was, and the outcome before it."""
        numbers = sorted(
            int(found[1])
            for stored in self._store.list(self._folder)
            if (found := _NUMBER.fullmatch(stored.key.removeprefix(self._folder)))
        )
        if not numbers:
            return 0, None, None
        before = self._read(numbers[-2]) if len(numbers) > 1 else None
        return numbers[-1], self._read(numbers[-1]), before.outcome if before else None

    def _read(self, number: int) -> _State | None:
        try:
            return msgspec.json.decode(self._store.get(self._key(number)), type=_State)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _key(self, number: int) -> str:
        return f"{self._folder}{number:010}.json"
