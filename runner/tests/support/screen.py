"""A terminal's screen, as far as the report uses one: a real pty, and what stands on it in the end."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Screen", "on_a_terminal"]

_SEQUENCE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n])")


class Screen:
    """Lines that scroll up for good, a cursor, and how often each line was drawn."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines: list[str] = [""]
        self.cursor_is_shown = True
        self.drawn: set[str] = set()
        self._row = 0
        self._column = 0

    def feed(self, text: str) -> None:
        for private, number, letter, control, character in _SEQUENCE.findall(text):
            if letter:
                self._steer(private + letter, number)
            elif control == "\n":
                self._next_line()
            elif control == "\r":
                self._column = 0
            elif character:
                self._put(character)

    def _steer(self, letter: str, number: str) -> None:
        if letter == "A":
            self._row -= int(number or 1)
            assert self._row >= 0, "above the first line"
        elif letter == "K":
            assert number == "2", f"erases a part of a line: {number}"
            self.drawn.add(self.lines[self._row])
            self.lines[self._row] = ""
        elif letter in {"?h", "?l"}:
            assert number == "25"
            self.cursor_is_shown = letter == "?h"
        else:
            assert letter == "m", f"unknown sequence {letter}"

    def _next_line(self) -> None:
        self.drawn.add(self.lines[self._row])
        self._row += 1
        if self._row == len(self.lines):
            self.lines.append("")

    def _put(self, character: str) -> None:
        if self._column == self.columns:
            self._next_line()
            self._column = 0
        line = self.lines[self._row].ljust(self._column)
        self.lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    @property
    def text(self) -> str:
        """What stands there in the end."""
        return "\n".join(line.rstrip() for line in self.lines)


class Terminal:
    """A process on a pty."""

    def __init__(self, process: subprocess.Popen[bytes], fd: int, columns: int) -> None:
        self.process = process
        self.screen = Screen(columns)
        self.raw = b""
        self._fd = fd
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def wait_for(self, text: str) -> None:
        """Wait until the process has written `text`."""
        with self._changed:
            assert self._changed.wait_for(lambda: text.encode() in self.raw, 30), self.raw.decode()

    def ended(self) -> int:
        """Wait for the end; give the exit code."""
        code = self.process.wait(60)
        self._reader.join(30)
        self.screen.feed(self.raw.decode("utf-8", errors="replace"))
        return code

    def _read(self) -> None:
        while True:
            try:
                content = os.read(self._fd, 65_536)
            except OSError:  # Linux says EIO when the other side is closed
                return
            if not content:
                return
            with self._changed:
                self.raw += content
                self._changed.notify_all()


@contextmanager
def on_a_terminal(
    *args: str, folder: Path, env: Mapping[str, str], columns: int = 80, lines: int = 24
) -> Iterator[Terminal]:
    """Run `agentrig ARGS` on a terminal of its own, from which Ctrl-C comes as a signal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "agentrig", *args],
        cwd=folder,
        env={**env, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # one call
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours, columns)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
