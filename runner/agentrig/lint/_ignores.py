"""Comments that tell lint to leave something be: `# agentrig: ignore[RULE] why`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig.errors import Mistake, Position
from agentrig.lint._finding import MISTAKE, RULES, Finding
from agentrig.scenario import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.documents import Source

__all__ = ["Ignores"]

_COMMENT = re.compile(r"(?:^|\s)#\s*agentrig:\s*ignore\[([^\]]*)\]")


class Ignores:
    """The rules that comments of a file turn off, by line.

    A comment is about its own line, or if nothing else stands there, about the next one.
    """

    def __init__(self, source: Source) -> None:
        """Read the comments."""
        self._source = source
        self._rules: dict[int, set[str]] = {}
        self._lines = source.lines if "ignore[" in source.text else []
        for number, line in enumerate(self._lines, start=1):
            if found := _COMMENT.search(line):
                names = {name.strip() for name in found[1].split(",")}
                about = number if line[: found.start()].strip() else number + 1
                self._rules.setdefault(about, set()).update(names)

    def covers(self, finding: Finding) -> bool:
        """Tell whether a comment is about what was found."""
        return finding.rule in self._rules.get(finding.mistake.at.line, ())

    def mistakes(self) -> Iterator[Finding]:
        """Find rules that do not exist: such a comment would be thought to work."""
        for number, line in enumerate(self._lines, start=1):
            found = _COMMENT.search(line)
            for name in found[1].split(",") if found else ():
                if found and name.strip() not in RULES:
                    at = Position(
                        path=self._source.path,
                        line=number,
                        column=line.index("[", found.start()) + 2,
                        length=max(1, len(found[1])),
                        text=line,
                    )
                    hint = closest(name, RULES) or f"known: {', '.join(RULES)}"
                    message = f"there is no rule '{name.strip()}'"
                    yield Finding(MISTAKE, Mistake(message=message, at=at, hint=hint))
