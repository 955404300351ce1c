"""Logs of shards, made by hand from a plan, and what is read of their merged results."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentrig.events import (
    Event,
    Language,
    Outcome,
    Planned,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
)
from agentrig.merge import Attempt, merge
from agentrig.reporters import Tally, TerminationReporter, write_block
from agentrig.reporters.journal import encode
from agentrig.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentrig.events import TroubleFound
    from agentrig.merge import Merged
    from agentrig.stream import Reporter

__all__ = ["FATES", "RUN", "SplitRun", "journal_of", "told"]

RUN = "qa-7"
FATES = ("whole", "missing", "cut", "killed", "damaged")
BEGIN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


class _Journal:
    def __init__(self) -> None:
        self.content = b""

    def receive(self, record: Record) -> None:
        self.content += encode(record)

    def close(self) -> None:
        pass


def journal_of(
    events: Sequence[Event], *, shard: int, run: str = RUN, also: Sequence[Reporter] = ()
) -> bytes:
    """Write the journal of one shard, whose clock ticks a second per event."""
    moments = itertools.count(int(BEGIN.timestamp()) * 1000, 1000)
    journal = _Journal()
    stream = EventStream(
        run=run, reporters=[journal, *also], shard=shard, now_ms=lambda: next(moments)
    )
    for event in events:
        stream.publish(event)
    return journal.content


@dataclass
class SplitRun:
    """A run of `outcomes` by scenario, of which `shard_of` says in which of `shards` each is."""

    folder: Path
    outcomes: Mapping[str, Outcome]
    shard_of: Mapping[str, int]
    shards: int
    run: str = RUN
    attempts: list[Attempt] = field(default_factory=list)

    def events(self, shard: int) -> list[Event]:
        """Give all events of a shard."""
        places = {name: place for place, name in enumerate(self.outcomes)}
        own = [name for name in self.outcomes if self.shard_of[name] == shard]
        events: list[Event] = [
            RunStarted(
                agentrig_version="1.2.3",
                python_version="3.11.0",
                via="cluster",
                namespace="demo",
                planned=tuple(_planned(name) for name in own),
                shards=max(1, self.shards),
                total=len(places) if self.shards else None,
                places=tuple(places[name] for name in own) if self.shards else (),
            )
        ]
        tally = {self.outcomes[name] for name in own}
        for name in own:
            outcome = self.outcomes[name]
            events += [
                ScenarioStarted(scenario=name),
                ScenarioFinished(
                    scenario=name,
                    outcome=outcome,
                    elapsed_ms=250.0,
                    message=None if outcome is Outcome.PASSED else f"{name} is {outcome}",
                ),
            ]
        code = 1 if Outcome.FAILED in tally else 3 if Outcome.ERROR in tally else 0
        return [*events, RunFinished(exit_code=code, elapsed_ms=1000.0 * shard)]

    def log(self, name: str, text: str | bytes) -> Path:
        """Write a file."""
        file = self.folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def finish(self, shard: int, *, events: Sequence[Event] | None = None) -> Attempt:
        """Let a shard end as it should, and leave its log."""
        events = self.events(shard) if events is None else events
        journal = journal_of(events, shard=shard, run=self.run)
        end = events[-1]
        return self.leave(
            shard,
            log=f"some words\n{write_block(journal)}",
            exit_code=end.exit_code if isinstance(end, RunFinished) else 137,
        )

    def kill(self, shard: int, *, after: int, reason: str = "OOMKilled") -> Attempt:
        """Kill a shard after so many events: there is no block, but the termination message."""
        message = self.folder / f"termination-{shard}"
        message.write_bytes(b"")
        events = self.events(shard)[:after]
        journal_of(events, shard=shard, run=self.run, also=[TerminationReporter(message)])
        return self.leave(
            shard,
            log="some words\n",
            exit_code=137,
            reason=reason,
            termination=message.read_text(),
        )

    def leave(
        self,
        shard: int,
        *,
        log: str | bytes | None = None,
        exit_code: int | None = None,
        reason: str | None = None,
        termination: str | None = None,
    ) -> Attempt:
        """Let an attempt leave whatever it does."""
        name = f"p{len([*self.folder.glob('*.log')])}" if log is not None else "p"
        attempt = Attempt(
            name=f"pod qa/{name}" + (f", shard {shard}/{self.shards}" if self.shards else ""),
            shard=shard,
            exit_code=exit_code,
            reason=reason,
            termination=termination,
            log=None if log is None else self.log(f"{name}.log", log),
        )
        self.attempts.append(attempt)
        return attempt

    def suffer(self, shard: int, fate: str, *, after: int) -> None:
        """Let a shard end in one of `FATES`, after so many events where that matters."""
        match fate:
            case "whole":
                self.finish(shard)
            case "cut":
                self.finish(shard, events=self.events(shard)[:after])
            case "killed":
                self.kill(shard, after=after)
            case "damaged":
                block = write_block(journal_of(self.events(shard), shard=shard))
                self.leave(shard, log=block[: len(block) // 2], exit_code=0)

    def merge(self, *, troubles: Sequence[TroubleFound] = ()) -> Merged:
        """Merge what was left."""
        return merge(
            self.attempts,
            run=self.run,
            shards=self.shards,
            troubles=troubles,
            now=lambda: BEGIN,
        )


def _planned(name: str) -> Planned:
    return Planned(id=name, name=f"The scenario {name}", path=name, line=1, language=Language.YAML)


def told(merged: Merged) -> Tally:
    """Give the merged records to a tally."""
    tally = Tally()
    for record in merged.records():
        tally.receive(record)
    return tally
