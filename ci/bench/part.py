"""What the parts of the benchmark have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bench.report import Goal
    from bench.server import Server
    from bench.workload import Contender, Tool, Workload

__all__ = ["Field", "Figures", "Part"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a part is given: the tools that are here, a server, an empty folder.

    `missing` says why one of the part's tools is not here.
    """

    tools: Mapping[str, Tool]
    missing: Mapping[str, str]
    server: Server
    folder: Path
    rounds: int

    def prepare(self, key: str, workload: Workload, *, name: str = "work") -> Contender:
        """Write a workload for a tool; `name` tells it from the tool's others."""
        folder = self.folder / f"{key}-{name}"
        return self.tools[key].prepare(workload, folder, self.server.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a part has found: its text in Markdown, and the figures that have goals."""

    text: str
    goals: tuple[Goal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part: `tools` are the keys of those it measures where they are here, agentrig first."""

    title: str
    tools: tuple[str, ...]
    rounds: int
    measure: Callable[[Field], Figures]
