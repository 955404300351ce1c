"""How `agentrig lint` prints what it finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agentrig._excerpt import render_mistake
from agentrig._workflow_commands import workflow_command
from agentrig.lint import MISTAKE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentrig.lint import Finding

__all__ = ["STYLES"]


def _text(found: Sequence[Finding], files: int) -> str:
    """Write excerpts, and a last line that counts."""
    lines = [render_mistake(one.mistake, kind=_kind(one)) + "\n\n" for one in found]
    return "".join([*lines, _summary(found, files), "\n"])


def _json(found: Sequence[Finding], files: int) -> str:
    """Write `{"files": N, "findings": [...]}`; lines and columns count from 1."""
    findings = [
        {
            "path": one.mistake.at.path,
            "line": one.mistake.at.line,
            "column": one.mistake.at.column,
            "length": one.mistake.at.length,
            "severity": _severity(one),
            "rule": one.rule,
            "message": one.mistake.message,
            "hint": one.mistake.hint,
        }
        for one in found
    ]
    return json.dumps({"files": files, "findings": findings}, indent=2, ensure_ascii=False) + "\n"


def _github(found: Sequence[Finding], files: int) -> str:
    """Write workflow commands, which GitHub shows beside the lines."""
    lines = []
    for one in found:
        at, hint = one.mistake.at, one.mistake.hint
        lines.append(
            workflow_command(
                _severity(one),
                one.mistake.message + (f" ({hint})" if hint else ""),
                file=at.path,
                line=at.line,
                col=at.column,
                endColumn=at.column + at.length,
                title=f"agentrig {one.rule}",
            )
        )
    return "".join([*lines, _summary(found, files), "\n"])


STYLES: Mapping[str, Callable[[Sequence[Finding], int], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
}
"""From a style's name to what writes all findings in so many files."""


def _summary(found: Sequence[Finding], files: int) -> str:
    mistakes = [one for one in found if not one.is_warning]
    warnings = len(found) - len(mistakes)
    also = f", {_count(warnings, 'warning')}" if warnings else ""
    if not mistakes:
        return f"{_count(files, 'scenario')}, no mistakes{also}"
    bad_files = {one.mistake.at.path for one in mistakes}
    return f"{_count(len(mistakes), 'mistake')} in {_count(len(bad_files), 'file')}{also}"


def _severity(finding: Finding) -> str:
    return "warning" if finding.is_warning else "error"


def _kind(finding: Finding) -> str:
    rule = "" if finding.rule == MISTAKE else f"[{finding.rule}]"
    return f"{_severity(finding)}{rule}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
