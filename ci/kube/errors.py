"""What went wrong, in words for the person at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOG_TAIL_LINES = 15


class ClusterError(Exception):
    """A command of `ci/cluster` or `ci/image` cannot do what it was asked.

    `hint` says what to do instead; `log` is the file that tells more.
    """

    def __init__(self, message: str, *, hint: str | None = None, log: Path | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = log

    def render(self) -> str:
        """Return the message, the hint and the log's last lines, ready to print."""
        lines = [f"error: {self}"]
        if self.hint:
            lines += [f"  {line}" for line in self.hint.splitlines()]
        if self.log:
            lines += [f"  log: {self.log}", *(f"  | {line}" for line in tail(self.log))]
        return "\n".join(lines)


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> list[str]:
    """Return the last `lines` lines of `log`, none if it does not exist."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
