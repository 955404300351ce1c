"""Where a run goes on from what earlier attempts at its shard have found."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.engine import Counts, needs_times
from agentrig.errors import ReportError
from agentrig.events import (
    ArtifactSaved,
    ExecutionFinished,
    Language,
    Outcome,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
)
from agentrig.pytest_plugin._kept_artifacts import lost_artifacts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from agentrig.events import Event, Planned, Record, RunStarted
    from agentrig.pytest_plugin._keeping import Keeping
    from agentrig.pytest_plugin._options import RunOptions
    from agentrig.resume import Earlier, Kept

__all__ = ["Continued", "earlier_attempts", "files_digest", "keep_verdicts"]

_MEASURED = frozenset({Outcome.PASSED, Outcome.FAILED})
_WHOLE = "what is repeated (--repeat, --repeat-for) is whole, and so begins anew"


def earlier_attempts(options: RunOptions, keeping: Keeping | None, *, shard: int) -> list[Earlier]:
    """Find what earlier attempts have left in the store and in the results folder.

    The journal that lies in that folder is put aside in any case. Raises ReportError, and
    StoreError for a store that cannot be read: to run all again is not what anybody asked for.
    """
    found: list[Earlier] = []
    # Most folders are new: nothing is imported for them.
    if options.results and any(options.results.glob("events*.jsonl")):
        from agentrig.resume import set_aside  # noqa: PLC0415  # seldom needed

        try:
            found = set_aside(options.results, run=options.run_id, shard=shard)
        except OSError as error:
            raise ReportError(
                f"cannot put the journal in '{options.results}' aside: {error.strerror}"
            ) from error
    if not options.resume:
        return []
    if keeping:
        found += _stored(keeping)
    return sorted(found, key=lambda one: one.attempt)


def _stored(keeping: Keeping) -> Iterator[Earlier]:
    from agentrig.resume import Earlier  # noqa: PLC0415  # seldom needed
    from agentrig.store import attempt_folder, stored_attempts  # noqa: PLC0415  # seldom needed

    run, shard, store = keeping.run, keeping.shard, keeping.store
    for one in stored_attempts(store, run):
        if one.shard == shard and one.attempt < keeping.attempt and (journal := one.journal()):
            folder = attempt_folder(run, shard, one.attempt).rstrip("/")
            yield Earlier(name=f"{store.url}/{folder}", attempt=one.attempt, journal=journal)


class Continued:
    """What a run need not do: `kept` has the verdicts on scenarios of its plan.

    `counts` are those of the executions that goals of the run are measured by, if it has any.
    """

    def __init__(
        self,
        kept: Kept,
        *,
        slo: Mapping[str, float],
        planned: Sequence[Planned],
        lost_artifacts: Collection[str] = (),
    ) -> None:
        """Count for the goals `slo` of the run, and leave artifacts out that are gone."""
        self._lost = lost_artifacts
        if lost_artifacts:
            number = len(lost_artifacts)
            words = "artifact is lost" if number == 1 else "artifacts are lost"
            note = f"{number} {words} that earlier attempts have saved"
            kept = replace(kept, notes=(*kept.notes, note))
        self.kept = kept
        self.failures = sum(one.outcome is Outcome.FAILED for one in kept.verdicts.values())
        self.counts = Counts(measure=needs_times(slo)) if slo else None
        # As in the run itself, where Python tests are no part of it.
        self._counted = {one.id for one in planned if one.language is Language.YAML}
        self._begun: set[str] = set()

    def records(self) -> Iterator[Record]:
        """Give their records, and count them on the way."""
        for record in self.kept.records():
            if isinstance(record.event, ArtifactSaved) and record.event.path in self._lost:
                continue
            if self.counts:
                self._count(record.event, self.counts)
            yield record

    def _count(self, event: Event, counts: Counts) -> None:
        match event:
            case ScenarioStarted() if event.scenario in self._counted:
                self._begun.add(event.scenario)
            case StepFinished() if event.scenario in self._begun and event.outcome in _MEASURED:
                counts.add_step(event.elapsed_ms)
            # One that was skipped has not begun.
            case ExecutionFinished() | ScenarioFinished() if event.scenario in self._begun:
                counts.add(event.outcome)


def keep_verdicts(
    earlier: Sequence[Earlier],
    keeping: Keeping | None,
    *,
    started: RunStarted,
    options: RunOptions,
    shard: int,
) -> Continued | None:
    """Decide what is kept; None if there is nothing to go on from."""
    if not earlier:
        return None
    from agentrig.resume import keep, read_earlier  # noqa: PLC0415  # seldom needed

    kept = keep(
        [read_earlier(one, run=options.run_id, shard=shard) for one in earlier],
        started=started,
        retry_failed=options.schedule.retry_failed,
        again=_WHOLE if options.schedule.repeats else None,
    )
    lost = lost_artifacts(kept, keeping, options.results)
    return Continued(kept, slo=options.targets.slo, planned=started.planned, lost_artifacts=lost)


def files_digest(planned: Sequence[Planned]) -> str:
    """Tell the files of a plan from every other state of them."""
    digest = hashlib.sha256()
    for path in sorted({one.path for one in planned}):
        try:
            content = hashlib.sha256(Path(path).read_bytes()).digest()
        except OSError:
            content = b""
        digest.update(path.encode("utf-8", errors="surrogatepass") + b"\0" + content)
    return f"sha256:{digest.hexdigest()}"
