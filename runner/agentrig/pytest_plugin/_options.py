"""What a run is asked for, however pytest was started."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct, field

from agentrig.engine import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentrig.engine import Shard
    from agentrig.events import Source
    from agentrig.reporters.log_writer import LogWriter
    from agentrig.search import SearchSettings
    from agentrig.targets import TargetSettings
    from agentrig.webhook import WebhookSettings

__all__ = ["RunOptions", "StoreOptions", "new_run_id"]


def new_run_id() -> str:
    """Make a name for a run that sorts by time and is unique in practice."""
    now = dt.datetime.now(dt.UTC)
    return f"{now:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"


class StoreOptions(Struct, frozen=True, kw_only=True):
    """Where a run's results are kept: the address of a store."""

    url: str


class RunOptions(Struct, frozen=True, kw_only=True):
    """Options of one run.

    With `log` a log is written there instead of the report. With `terminal` agentrig prints the
    report there and pytest's own is silenced; without it pytest prints as it always does. `live` draws what runs on it. `durations` maps identities of
    scenarios to milliseconds; `keep_exchanges` records what steps sent and got even if they passed; `reporters` are those of other packages, each as `NAME` or
    `NAME=ARGUMENT`. `source` is where the files came from, if they were fetched, `commit` the state
    of the code under test, and `labels` what else the results are to be found by. What is in
    `results` is put into the `store` as well, and documents of it go to the server of `search`. With
    `resume` a run goes on from earlier attempts of the same `run_id`. At the end a
    message is sent by `webhook`.
    """

    targets: TargetSettings
    schedule: Schedule = field(default_factory=Schedule)
    shard: Shard | None = None
    durations: Mapping[str, float] = field(default_factory=dict)
    fail_on_flaky: bool = False
    keep_exchanges: bool = False
    dry_run: bool = False
    results: Path | None = None
    reporters: tuple[str, ...] = ()
    secrets: Path | None = None
    source: Source | None = None
    commit: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    run_id: str = field(default_factory=new_run_id)
    resume: bool = False
    termination_log: Path | None = None
    log_journal: bool = False
    terminal: TextIO | None = None
    colour: bool = False
    log: LogWriter | None = None
    live: bool = False
    store: StoreOptions | None = None
    search: SearchSettings | None = None
    webhook: WebhookSettings | None = None
    kube_context: str | None = None
    kube_server: str | None = None
