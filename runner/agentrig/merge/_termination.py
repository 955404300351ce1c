"""What a termination message tells of a shard whose journal is lost."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from agentrig._redact import cut
from agentrig.events import Outcome

__all__ = ["Bad", "Termination", "read_termination"]

# Kubernetes keeps no more of it.
_MAX_BYTES = 4_096
_Count = Annotated[int, Meta(ge=0, le=10_000_000)]
_RUN_CHARACTERS = 200


class Bad(Struct, frozen=True, kw_only=True):
    """A scenario that did not pass."""

    id: Annotated[str, Meta(min_length=1)]
    outcome: Outcome
    message: str


class Termination(Struct, frozen=True, kw_only=True):
    """The message as the runner writes it; `exit_code` is None while the run goes on."""

    run: str
    exit_code: Annotated[int, Meta(ge=0, le=5)] | None
    planned: _Count
    counts: dict[Outcome, _Count]
    bad: tuple[Bad, ...]
    message: str | None = None

    @property
    def ended(self) -> int:
        """How many scenarios have a result."""
        return sum(
            count for outcome, count in self.counts.items() if outcome is not Outcome.NOT_RUN
        )

    def sentence(self) -> str:
        """Say the counts: `9 passed, 1 failed of 16 planned`."""
        parts = [
            f"{self.counts[outcome]} {outcome.value.replace('_', ' ')}"
            for outcome in Outcome
            if self.counts.get(outcome)
        ]
        return f"{', '.join(parts) or 'nothing run'} of {self.planned} planned"


def read_termination(text: str | None, *, run: str) -> Termination | None:
    """Read a message of the run; None for any other text, such as the end of a log."""
    if not text or len(text.encode("utf-8", errors="replace")) > _MAX_BYTES:
        return None
    try:
        found = msgspec.json.decode(text, type=Termination)
    except (ValueError, RecursionError):
        return None
    bad = {one.outcome for one in found.bad} - {Outcome.FAILED, Outcome.ERROR}
    if found.run != cut(run, _RUN_CHARACTERS) or bad or found.ended > found.planned:
        return None
    return found
