"""Where the entries of a log go: whole lines, straight to a file descriptor."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING, Literal

from agentrig._redact import redact_text
from agentrig.reporters.log import Level, LogEntry, render_json, render_text, time_of_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.reporters.log import FileLine, LogError

__all__ = ["LogFormat", "LogStream", "LogWriter"]

LogFormat = Literal["text", "json"]


class LogWriter:
    """Writes entries in one of the two formats, each in one go. Safe for threads and signals.

    Nothing is kept back, so that a killed process has said all that it knew.
    """

    def __init__(self, fd: int, log_format: LogFormat) -> None:
        """Write to the file descriptor `fd`."""
        self.hide: Callable[[LogEntry], LogEntry] = _as_it_is
        """Hides the secrets that a run has read; nothing is known before it begins."""
        self.is_json = log_format == "json"
        self._fd = fd
        # A signal's handler may write while its own thread does.
        self._lock = threading.RLock()
        self._unread = False

    def write(self, entry: LogEntry) -> None:
        """Write an entry. Raises OSError when that cannot be, unless nobody reads any more."""
        self.write_hidden(self.hide(entry))

    def write_hidden(self, entry: LogEntry) -> None:
        """Write an entry in which nothing is to be hidden, such as a line of a journal's block."""
        render = render_json if self.is_json else render_text
        left = memoryview(render(entry).encode("utf-8", errors="replace"))
        with self._lock:
            try:
                while left and not self._unread:
                    left = left[os.write(self._fd, left) :]
            except BrokenPipeError:
                self._unread = True

    def say(
        self,
        message: str,
        level: Level = Level.INFO,
        *,
        error: LogError | None = None,
        file: FileLine | None = None,
    ) -> None:
        """Write what is no event, such as what is wrong with the command line."""
        if error:
            trace = error.stack_trace
            error = type(error)(
                message=redact_text(error.message),
                stack_trace=None if trace is None else redact_text(trace),
            )
        message = redact_text(message)
        entry = LogEntry(time=time_of_day(), level=level, message=message, error=error, file=file)
        self.write(entry)


class LogStream(io.TextIOBase):
    """A text stream of which each line becomes an entry; what is not ended yet waits.

    Nothing is hidden in it: it is for what was made from events.
    """

    def __init__(self, writer: LogWriter) -> None:
        """Give lines to `writer`."""
        self._writer = writer
        self._left = ""

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, text: str) -> int:
        """Take text, and write the lines that end in it."""
        *lines, self._left = (self._left + text).split("\n")
        for line in lines:
            self._write_line(line)
        return len(text)

    def close(self) -> None:
        """Write what is left."""
        if self._left and not self.closed:
            self._write_line(self._left)
            self._left = ""
        super().close()

    def _write_line(self, line: str) -> None:
        entry = LogEntry(time=time_of_day(), level=Level.INFO, message=line)
        self._writer.write_hidden(entry)


def _as_it_is(entry: LogEntry) -> LogEntry:
    return entry
