"""One attempt at a shard, as far as anybody knows of it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # msgspec resolves it

from msgspec import Struct

__all__ = ["Attempt"]


class Attempt(Struct, frozen=True, kw_only=True):
    """Where a shard was run, how that ended, and what is left of it; nothing of it is trusted yet.

    `name` says where, for messages: a pod, or a file. `shard` counts from 1, and is 0 in a run
    that is not split. `exit_code`, None where nobody knows, `reason` and `termination` are those
    of the runner's container; `fetch_exit_code` is that of the one that could not fetch what the
    runner needs. `log` is a file with its log, or the journal itself.
    """

    name: str
    shard: int
    exit_code: int | None = None
    reason: str | None = None
    fetch_exit_code: int | None = None
    termination: str | None = None
    log: Path | None = None

    @property
    def end(self) -> str:
        """Say how it ended."""
        if self.exit_code is None:
            return self.reason or "nobody knows how it ended"
        reason = f" ({self.reason})" if self.reason and self.reason != "Error" else ""
        return f"it ended with exit code {self.exit_code}{reason}"
