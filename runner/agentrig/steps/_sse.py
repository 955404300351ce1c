"""Server-sent events from bytes, however they are cut: HTML standard, 9.2.5 and 9.2.6.

The section numbers are those of the HTML Living Standard, chapter "Server-sent events".
"""

from __future__ import annotations

import codecs
import re

from msgspec import Struct

__all__ = ["DEFAULT_EVENT", "SseEvent", "SseParser"]

DEFAULT_EVENT = "message"
"""The name of an event that gives itself none."""

_LINE_END = re.compile("\r\n|\n|\r")  # 9.2.5: end-of-line
_DIGITS = re.compile("[0-9]+")
_BOM = "\ufeff"
# Python refuses to read numbers of thousands of digits; nobody waits that long.
_MOST_DIGITS = 18


class SseEvent(Struct, frozen=True):
    """One event; `id` is the last that the stream gave, with this event or before it."""

    event: str
    data: str
    id: str


class SseParser:
    """Takes the bytes of a stream as they come, and gives the events that they complete.

    An event that the stream ends within is dropped, as 9.2.6 wants: there is nothing to call at
    the end. `retry_ms` is the last reconnection time that the stream asked for.
    """

    def __init__(self) -> None:
        """Begin with an empty stream."""
        self.retry_ms: int | None = None
        # 9.2.5: UTF-8 decode, with U+FFFD for what is none.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._begun = False
        self._after_cr = False
        self._line: list[str] = []
        self._data: list[str] = []
        self._type = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Give the events whose last line end is in `chunk`."""
        text = self._decoder.decode(chunk)
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(_BOM)  # 9.2.5: one byte order mark at the very begin
        if not text:
            return []
        if self._after_cr:
            # A pair that was cut in two ends one line; it ended with its first half.
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        lines = _LINE_END.split(text)
        self._line.append(lines[0])
        if len(lines) == 1:
            return []
        lines[0] = "".join(self._line)
        self._line = [lines.pop()]
        return [event for line in lines if (event := self._take(line))]

    def _take(self, line: str) -> SseEvent | None:
        """Process one line (9.2.6)."""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")  # a comment has an empty name
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._type = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if _DIGITS.fullmatch(value):
                self.retry_ms = int(value[:_MOST_DIGITS])
        return None

    def _dispatch(self) -> SseEvent | None:
        """End an event (9.2.6, dispatch the event); one without data is none."""
        data, self._data = self._data, []
        name, self._type = self._type, ""
        return SseEvent(name or DEFAULT_EVENT, "\n".join(data), self._id) if data else None
