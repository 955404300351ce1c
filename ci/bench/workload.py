"""The same work for each tool: files of chats, each chat with four checks.

Every chat is a POST with a JSON body; checked are the status, and three values of the JSON answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Contender", "Tool", "Workload", "message", "write_files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """So many files of so many chats each, all of them `repeat` times.

    A chat waits `delay_ms` for its answer; tools that can have `at_once` files under way.
    """

    files: int
    steps: int
    repeat: int = 1
    delay_ms: int = 0
    at_once: int = 16

    @property
    def chats(self) -> int:
        """The number of requests that a server must have seen."""
        return self.files * self.steps * self.repeat

    @property
    def path(self) -> str:
        """What is asked of the server."""
        return f"/chat?delay_ms={self.delay_ms}" if self.delay_ms else "/chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A tool's name, and the command that makes it do `chats` chats; it is run in `folder`."""

    name: str
    command: tuple[str, ...]
    folder: Path
    chats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that can do the work.

    `install` makes it ready and gives its name with its version; it raises UnavailableError.
    `prepare` writes a workload below an empty folder, to be sent to the server at a URL.
    """

    name: str
    install: Callable[[], str]
    prepare: Callable[[Workload, Path, str], Contender]


def message(file: int, step: int) -> str:
    """Give the text of one chat."""
    return f"plan {step} of file {file}"


def write_files(
    workload: Workload, folder: Path, name: str, content: Callable[[int], str]
) -> tuple[str, ...]:
    """Write the text of each file of a workload; give their names, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(name.format(f"{file:04}") for file in range(workload.files))
    for file, file_name in enumerate(names):
        (folder / file_name).write_text(content(file), encoding="utf-8")
    return names
