"""What the pods of a run left behind, as one report and one exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.events import TroubleFound
from agentrig.merge import Attempt, merge
from agentrig.reporters import JOURNAL_FILE, JournalReporter, results_reporters
from agentrig.stream import replay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from agentrig.launch._evidence import PodEvidence, Trouble
    from agentrig.stream import Reporter

__all__ = ["collect"]


def collect(
    pods: Sequence[PodEvidence],
    *,
    run: str,
    shards: int,
    troubles: Sequence[Trouble],
    results: Path,
    reporters: Sequence[Reporter],
    last: Sequence[Reporter] = (),
    places: Mapping[str, str] | None = None,
    on_problem: Callable[[ReportError], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> int:
    """Write the results of a run to the folder `results`, and give its exit code.

    `shards` is 0 for a run that is not split. `reporters` receive the same records as the files
    are made of: give the terminal's, so that the report is printed. Those of `last` end after all
    files are written. `places` says where scenarios
    that were sent along lie on this machine. `on_problem` is told of each report that could not be
    written, which makes an exit code of 0 into 3; without it the first one is raised, as is what
    keeps the folder from being written at all (ReportError). `on_warning` is told of what was not
    delivered and changes nothing.
    """
    attempts = [
        Attempt(
            name=f"pod {pod.pod}" + (f", shard {pod.shard}/{shards}" if shards else ""),
            shard=pod.shard,
            exit_code=pod.exit_code,
            reason=pod.reason,
            fetch_exit_code=pod.fetch_exit_code,
            termination=pod.termination,
            log=pod.log,
        )
        for pod in sorted(pods, key=lambda pod: (pod.created, pod.pod))
    ]
    merged = merge(
        attempts,
        run=run,
        shards=shards,
        troubles=[
            TroubleFound(reason=one.reason, where=one.where, message=one.message, hint=one.hint)
            for one in troubles
        ],
    )
    try:
        results.mkdir(parents=True, exist_ok=True)
        journal = JournalReporter(results / JOURNAL_FILE)
    except OSError as error:
        raise ReportError(f"cannot write results to '{results}': {error.strerror}") from error
    files = results_reporters(results, printed=reporters, places=places)
    replayed = replay(merged.records(), [*last, journal, *files])
    for problem in replayed.problems:
        if on_problem is None:
            raise problem
        on_problem(problem)
    if on_warning:
        for warning in replayed.warnings:
            on_warning(warning)
    return merged.exit_code if replayed.exit_code is None else replayed.exit_code
