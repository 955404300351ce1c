"""The address of one run within a store, as a person copies it from a log or a bucket's page."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from agentrig.reporters import JOURNAL_FILE
from agentrig.store._layout import name_of, number_of

__all__ = ["RunAddress", "run_address"]

_RUN = re.compile(
    r"(?P<store>.*?)/*(?:^|(?<=/))runs/(?P<run>[^/]+)"
    r"(?:/(?P<shard>shard=\d+)(?:/(?P<attempt>attempt=\d+))?)?/*"
)


class RunAddress(Struct, frozen=True, kw_only=True):
    """A run, or one shard of it, or one attempt at that, in the store at `store`."""

    store: str
    run: str
    shard: int | None = None
    attempt: int | None = None


def run_address(source: str) -> RunAddress | None:
    """Take an address such as `s3://bucket/prefix/runs/RUN/shard=1` apart; None if it is none.

    A folder with a journal in it is none: it is read as it is.
    """
    found = _RUN.fullmatch(source)
    run = name_of(found["run"]) if found else None
    if found is None or run is None:
        return None
    store = found["store"] or ("/" if source.startswith("/") else ".")
    is_bucket = source.startswith("s3://")
    if not is_bucket and (_holds_journal(Path(source)) or not Path(store, "runs").is_dir()):
        return None
    return RunAddress(
        store=store,
        run=run,
        shard=number_of(found["shard"] or "", "shard"),
        attempt=number_of(found["attempt"] or "", "attempt"),
    )


def _holds_journal(source: Path) -> bool:
    return source.is_file() or (source / JOURNAL_FILE).exists()
