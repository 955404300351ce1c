"""The log of `agentrig run --log-format`: all that the process says, from its first word on."""

from __future__ import annotations

import faulthandler
import os
import select
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, cast

from agentrig._excerpt import render_excerpt
from agentrig.reporters.log import FileLine, Level, LogError
from agentrig.reporters.log_writer import LogStream, LogWriter

if TYPE_CHECKING:
    import click

    from agentrig.errors import Mistake, ScenarioError
    from agentrig.reporters.log_writer import LogFormat

__all__ = ["LogOutput"]

_READ_BYTES = 65_536
# A longer line becomes several entries.
_LINE_BYTES = 3_000
_LAST_WORDS_S = 5.0


class LogOutput:
    """Standard output as a log.

    In a log of objects, each line that anybody else prints becomes one too: pytest, a test, a
    library, a process that one started. So the standard streams lead into pipes, which a thread
    reads.
    """

    def __init__(self, log_format: LogFormat) -> None:
        """Take the standard streams over."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._fds = (sys.stdout.fileno(), sys.stderr.fileno())
        self._kept = tuple(os.dup(fd) for fd in self._fds)
        self.log = LogWriter(self._kept[0], log_format)
        self._reader = _Reader(self._fds, self.log) if self.log.is_json else None
        self._closed = False
        if self._reader:
            # The words of an interpreter that breaks down would die with the thread that reads.
            faulthandler.enable(self._kept[1])

    def stream(self) -> TextIO:
        """Open a stream for reports beside the log, such as the block of a journal."""
        if self.log.is_json:
            return cast("TextIO", LogStream(self.log))
        return os.fdopen(os.dup(self._kept[0]), "w", encoding="utf-8", errors="replace")

    def say_signal(self, message: str) -> None:
        """Write what a signal does; called by its handler."""
        with suppress(OSError):
            self.log.say(message, Level.WARN)

    def say_error(self, message: str) -> None:
        """Write an error that ends the command."""
        first, _, rest = message.partition("\n")
        error = LogError(message=first, stack_trace=message) if rest else None
        self.log.say(first, Level.ERROR, error=error)

    def say_warning(self, message: str) -> None:
        """Write what went wrong beside the results."""
        self.log.say(message, Level.WARN)

    def say_usage(self, error: click.ClickException) -> None:
        """Write what is wrong with the command line."""
        self.say_error(error.format_message())

    def say_mistakes(self, error: ScenarioError) -> None:
        """Write each mistake of a file with its place."""
        for mistake in error.mistakes:
            self._say_mistake(mistake)

    def say_crash(self, error: Exception) -> None:
        """Write what nobody expected, with its trace."""
        trace = traceback.format_exc()
        message = f"{type(error).__name__}: {error}"
        self.log.say(message, Level.ERROR, error=LogError(message=message, stack_trace=trace))

    def close(self) -> None:
        """Give the standard streams back, when all that was printed has been written."""
        if self._closed:
            return
        self._closed = True
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):  # a test closed it
                continue
        for fd, kept in zip(self._fds, self._kept, strict=True):
            os.dup2(kept, fd)
        if self._reader:
            self._reader.end()
            faulthandler.disable()

    def _say_mistake(self, mistake: Mistake) -> None:
        excerpt = render_excerpt(mistake.at, mistake.hint or "")
        self.log.say(
            mistake.message,
            Level.ERROR,
            error=LogError(message=mistake.message, stack_trace=excerpt),
            file=FileLine(path=mistake.at.path, line=mistake.at.line),
        )


class _Reader(threading.Thread):
    """Makes entries of what comes through pipes that stand in for file descriptors."""

    def __init__(self, fds: tuple[int, int], writer: LogWriter) -> None:
        super().__init__(name="agentrig-output", daemon=True)
        self._writer = writer
        self._levels: dict[int, Level] = {}
        self._left: dict[int, bytes] = {}
        self._wake, self._woken = os.pipe()
        for fd, level in zip(fds, (Level.INFO, Level.WARN), strict=True):
            read, write = os.pipe()
            os.set_blocking(read, False)
            os.dup2(write, fd)
            os.close(write)
            self._levels[read] = level
            self._left[read] = b""
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # of this process
        self.start()

    def end(self) -> None:
        """Write what was printed so far; processes that were started may hold the pipes open."""
        os.close(self._woken)
        self.join(_LAST_WORDS_S)

    def run(self) -> None:
        """Read until all that was printed before the end is read."""
        open_pipes = {*self._levels}
        ending = False
        while open_pipes:
            ready, _, _ = select.select(
                [*open_pipes, *([] if ending else [self._wake])], [], [], 0 if ending else None
            )
            if ending and not ready:
                break
            ending = ending or self._wake in ready
            for fd in open_pipes.intersection(ready):
                content = os.read(fd, _READ_BYTES)
                if not content:
                    open_pipes.discard(fd)
                self._take(fd, content)
        for fd, left in self._left.items():
            if left:
                self._write(fd, left)

    def _take(self, fd: int, content: bytes) -> None:
        *lines, left = (self._left[fd] + content).split(b"\n")
        while len(left) > _LINE_BYTES:
            lines.append(left[:_LINE_BYTES])
            left = left[_LINE_BYTES:]
        self._left[fd] = left
        for line in lines:
            self._write(fd, line)

    def _write(self, fd: int, line: bytes) -> None:
        for at in range(0, len(line) or 1, _LINE_BYTES):
            text = line[at : at + _LINE_BYTES].decode("utf-8", errors="replace").rstrip()
            # When nothing can be written any more, whoever prints must not be held up for it.
            with suppress(OSError):
                if text:
                    self._writer.say(text, self._levels[fd])
