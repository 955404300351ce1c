"""The terminal that lines are drawn on again and again, as rich knows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.live import Live

__all__ = ["REFRESHES_PER_S", "draw_lines", "room_for_lines", "start_live"]

REFRESHES_PER_S = 4
# A terminal that is made narrower breaks the lines that it shows, and then shows more of them than
# can be taken back; short ones are seldom broken.
_MAX_COLUMNS = 100
# For the line that counts, and the one that the shell's cursor stands on.
_OTHER_LINES = 2


def start_live(drawn: Any, output: TextIO, *, colour: bool) -> Live:
    """Begin to draw `drawn`, an object with `__rich__`, from a thread of its own as well."""
    from rich.live import Live  # noqa: PLC0415  # 40 ms, for terminals alone

    live = Live(
        drawn,
        console=_console(output, colour=colour),
        refresh_per_second=REFRESHES_PER_S,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    live.start()
    return live


def room_for_lines(output: TextIO) -> int:
    """Say how many lines can be drawn beside one that counts: what does not fit stays there."""
    _, height = _size(output)
    return max(1, height - _OTHER_LINES)


def draw_lines(lines: list[str], output: TextIO) -> Group:
    """Draw lines, each cut to the terminal's width; control characters are to be out of them."""
    from rich.console import Group  # noqa: PLC0415  # as above
    from rich.text import Text  # noqa: PLC0415  # as above

    columns, _ = _size(output)
    drawn = [Text(line, style="dim") for line in lines]
    for line in drawn:
        line.truncate(min(_MAX_COLUMNS, columns - 1), overflow="ellipsis")
        line.no_wrap = True
    return Group(*drawn)


def _size(output: TextIO) -> tuple[int, int]:
    """Ask the terminal itself for its columns and lines: pytest holds the standard streams."""
    try:
        columns, lines = os.get_terminal_size(output.fileno())
    except OSError:
        columns, lines = 0, 0
    return columns or 80, lines or 24


def _console(output: TextIO, *, colour: bool) -> Console:
    from rich.console import Console, ConsoleDimensions  # noqa: PLC0415  # as above

    class Terminal(Console):
        @property
        def size(self) -> ConsoleDimensions:
            return ConsoleDimensions(*_size(output))

        @size.setter
        def size(self, _: Any) -> None:
            """Keep nothing: it may change at any moment."""

    return Terminal(file=output, force_terminal=True, color_system="standard" if colour else None)
