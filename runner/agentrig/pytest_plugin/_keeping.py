"""The part of a run that has to do with the store in which its results are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.pytest_plugin._options import RunOptions
    from agentrig.store import Store, StoreReporter

__all__ = ["Keeping", "open_keeping"]

WAIT_S, AGAIN_S = 30.0, 1.0


class Keeping(Struct, frozen=True, kw_only=True):
    """A run's place in a store; `attempt` is 0 while the store cannot be reached."""

    store: Store
    run: str
    shard: int
    attempt: int

    def reporter(self, results: Path) -> StoreReporter:
        """Make what puts the results there."""
        from agentrig.store import StoreReporter  # noqa: PLC0415  # only where it is asked for

        return StoreReporter(
            self.store, run=self.run, shard=self.shard, attempt=self.attempt, results=results
        )


def open_keeping(options: RunOptions, *, shard: int) -> Keeping | None:
    """Claim the next attempt at a shard; None for a run that is kept nowhere.

    Raises UsageError and StoreError for a store that will not take it. One that is away may come
    back: the run goes on, and claims its attempt then; but a run that may have to go on from
    earlier attempts cannot know of them. It waits for half a minute, and raises StoreError too.
    """
    if options.store is None or options.results is None:
        return None
    from agentrig.store import open_store  # noqa: PLC0415  # where it is asked for

    store = open_store(options.store.url)
    try:
        attempt = _claim(store, options.run_id, shard, within_s=WAIT_S if options.resume else 0)
    except StoreError as error:
        if error.lasting:
            raise
        if options.resume:
            raise StoreError(
                f"{error}; it may hold earlier attempts at run '{options.run_id}', which this one "
                "would go on from: --no-resume runs all without them"
            ) from error
        attempt = 0
    return Keeping(store=store, run=options.run_id, shard=shard, attempt=attempt)


def _claim(store: Store, run: str, shard: int, *, within_s: float) -> int:
    from agentrig.store import claim_attempt  # noqa: PLC0415  # where it is asked for

    until_s = time.monotonic() + within_s
    while True:
        try:
            return claim_attempt(store, run, shard)
        except StoreError as error:
            if error.lasting or time.monotonic() >= until_s:
                raise
            time.sleep(AGAIN_S)
