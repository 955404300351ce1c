"""The report of each shard, from the journal at the end of its last pod's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentrig.errors import ReportError
from agentrig.reporters import JOURNAL_FILE, Tally, find_blocks, read_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig.launch._evidence import PodEvidence, Trouble
    from agentrig.stream import Reporter

__all__ = ["collect"]

_INFRASTRUCTURE = 3
_WORST_FIRST = (4, 1, 3, 2)


def collect(
    pods: Sequence[PodEvidence],
    *,
    shards: int,
    troubles: Sequence[Trouble],
    results: Path,
    reporters: Sequence[Reporter],
) -> int:
    """Report what the last attempt of each shard left; give the run's exit code."""
    last = {pod.shard: pod for pod in pods}
    journals: list[bytes] = []
    codes: list[int] = []
    tally = Tally()
    for shard in range(1, shards + 1) if shards else [0]:
        journal = _journal(last.get(shard))
        if journal is None:
            codes.append(_INFRASTRUCTURE)
            continue
        journals.append(journal)
        for record in read_journal(journal, name=JOURNAL_FILE):
            for reporter in (tally, *reporters):
                reporter.receive(record)
        codes.append(tally.exit_code)
    (results / JOURNAL_FILE).write_bytes(b"".join(journals))
    if journals:
        for reporter in reporters:
            reporter.close()
    for trouble in troubles:
        click.echo(f"{trouble.reason}: {trouble.where}: {trouble.message}")
        codes.append(_INFRASTRUCTURE)
    worst = next((code for code in _WORST_FIRST if code in codes), None)
    return worst if worst is not None else min(codes)


def _journal(pod: PodEvidence | None) -> bytes | None:
    if pod is None or pod.log is None:
        return None
    try:
        blocks = find_blocks(pod.log.read_text("utf-8", errors="replace"), name=pod.pod)
    except ReportError as error:
        click.echo(f"{error}")
        return None
    return blocks[-1] if blocks else None
