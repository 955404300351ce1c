"""Results of many runs, written as runs leave them, for what looks back on them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from agentrig.events import (
    Event,
    Language,
    MetricRecorded,
    Outcome,
    Planned,
    Record,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
)
from agentrig.reporters import Tally
from agentrig.reporters.journal import encode
from agentrig.reporters.summary import encode_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["BEGIN", "OUTCOMES", "leave", "past_run", "summary_of"]

BEGIN = dt.datetime(2026, 3, 1, 2, 30, tzinfo=dt.UTC)
OUTCOMES = {
    "p": Outcome.PASSED,
    "k": Outcome.PASSED,
    "f": Outcome.FAILED,
    "e": Outcome.ERROR,
    "s": Outcome.SKIPPED,
    "i": Outcome.INTERRUPTED,
    "n": Outcome.NOT_RUN,
}


def past_run(
    number: int,
    outcomes: Mapping[str, str],
    *,
    run: str | None = None,
    commit: str | None = None,
    labels: Sequence[tuple[str, str]] = (),
    times: Mapping[str, float] | None = None,
    scores: Mapping[str, float] | None = None,
    shard: int = 0,
    shards: int = 1,
    attempt: int = 0,
    is_killed: bool = False,
) -> list[Record]:
    """Give the records of the run of day `number`; `outcomes` maps scenarios to letters.

    `k` is a flaky pass, and `n` is planned and never told of.
    """
    events: list[Event] = [
        RunStarted(
            agentrig_version="1.2.3",
            python_version="3.11.0",
            via="cluster",
            namespace="demo",
            planned=tuple(_planned(one) for one in outcomes),
            shards=shards,
            commit=commit,
            labels=tuple(labels),
        )
    ]
    for scenario, letter in outcomes.items():
        if letter == "n":
            continue
        events.append(ScenarioStarted(scenario=scenario))
        if scores and scenario in scores:
            events.append(
                MetricRecorded(scenario=scenario, name="faithfulness", value=scores[scenario])
            )
        outcome = OUTCOMES[letter]
        events.append(
            ScenarioFinished(
                scenario=scenario,
                outcome=outcome,
                elapsed_ms=(times or {}).get(scenario, 250.0),
                message=None
                if letter in "pk"
                else f"[Ask] expected status 200, got 50{number % 10}",
                flaky=letter == "k",
            )
        )
    if not is_killed:
        letters = set(outcomes.values())
        code = 1 if "f" in letters else 3 if "e" in letters else 2 if letters & {"i", "n"} else 0
        events.append(RunFinished(exit_code=code, elapsed_ms=1000.0 * len(outcomes)))
    begin = BEGIN + dt.timedelta(days=number)
    return [
        Record(
            run=run or f"nightly-{number}",
            shard=shard,
            attempt=attempt,
            seq=seq,
            time=(begin + dt.timedelta(seconds=seq))
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            event=event,
        )
        for seq, event in enumerate(events)
    ]


def leave(
    folder: Path, records: Sequence[Record], *, only: Iterable[str] = ("events", "summary")
) -> Path:
    """Write what a run leaves in its results folder, or a part of that."""
    folder.mkdir(parents=True, exist_ok=True)
    if "events" in only:
        (folder / "events.jsonl").write_bytes(b"".join(map(encode, records)))
    if "summary" in only:
        (folder / "summary.json").write_bytes(summary_of(records))
    if "report" in only:
        (folder / "report.html").write_text("<!doctype html>", encoding="utf-8")
    if "pieces" in only:
        for seq in range(0, len(records), 3):
            piece = folder / "journal" / f"{seq:010}.jsonl"
            piece.parent.mkdir(exist_ok=True)
            piece.write_bytes(b"".join(map(encode, records[seq : seq + 3])))
    return folder


def summary_of(records: Sequence[Record]) -> bytes:
    """Write the summary of a run."""
    tally = Tally()
    for record in records:
        tally.receive(record)
    return encode_summary(tally)


def _planned(scenario: str) -> Planned:
    return Planned(
        id=scenario,
        name=f"The scenario {scenario}",
        path=scenario,
        line=1,
        language=Language.YAML,
        agent="support",
    )
