"""What trends and comparisons share: lines of a terminal, and what is said of a run in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentrig._excerpt import printable
from agentrig.history._words import say_verdict

if TYPE_CHECKING:
    from agentrig.history._run import Run
    from agentrig.history._trends import RunPoint

__all__ = ["run_facts", "styled"]

_STYLES: dict[str, dict[str, Any]] = {
    "bad": {"fg": "red", "bold": True},
    "good": {"fg": "green", "bold": True},
    "title": {"bold": True},
    "note": {"dim": True},
}


def styled(kind: str, text: str, *, colour: bool) -> str:
    """Write a line of a terminal; nothing that a test has said can change it."""
    text = printable(text)
    return click.style(text, **_STYLES.get(kind, {})) if colour else text


def run_facts(run: Run | RunPoint) -> dict[str, Any]:
    """Say for a script which run it is, and how it ended."""
    return {
        "run": run.run,
        "place": run.place,
        "begin_ms": run.begin_ms,
        "outcome": say_verdict(run),
        "exit_code": run.exit_code,
        "elapsed_ms": run.elapsed_ms,
        "commit": run.commit,
        "labels": dict(run.labels),
    }
