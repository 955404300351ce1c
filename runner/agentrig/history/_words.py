"""Moments, commits, shares and numbers as history says them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.reporters import say_duration
from agentrig.reporters.summary import outcome_of

if TYPE_CHECKING:
    from agentrig.history._run import Run
    from agentrig.history._trends import RunPoint

__all__ = [
    "say_change",
    "say_commit",
    "say_labels",
    "say_moment",
    "say_number",
    "say_outcome",
    "say_run",
    "say_share",
    "say_verdict",
]

# Enough of a commit to find it by.
_SHORT = 10
_OUTCOMES = {
    Outcome.NOT_RUN: "not run",
    Outcome.ERROR: "infrastructure error",
    None: "not there",
}


def say_moment(begin_ms: int) -> str:
    """Say a time of day, in UTC to the minute: `2026-11-21 02:30`."""
    try:
        moment = dt.datetime.fromtimestamp(begin_ms / 1000, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return "at no known time"
    return moment.strftime("%Y-%m-%d %H:%M")


def say_commit(commit: str | None) -> str:
    """Say a commit briefly."""
    return commit[:_SHORT] if commit else "unknown commit"


def say_labels(run: Run | RunPoint) -> str:
    """Say the labels of a run."""
    return ", ".join(f"{name}={value}" for name, value in run.labels)


def say_run(run: Run | RunPoint) -> str:
    """Say which run: `nightly-7 (2026-11-21 02:30, commit 0123456789)`."""
    commit = f"commit {say_commit(run.commit)}" if run.commit else "unknown commit"
    return f"{run.run} ({say_moment(run.begin_ms)}, {commit})"


def say_verdict(run: Run | RunPoint) -> str:
    """Say how a run ended."""
    return outcome_of(run.exit_code) if run.finished else "unfinished"


def say_outcome(outcome: Outcome | None) -> str:
    """Say how a scenario ended; None is one that was not there."""
    return _OUTCOMES.get(outcome) or (outcome.value if outcome else "")


def say_share(share: float | None, *, digits: int = 0) -> str:
    """Say a share: `97 %`; a dash for none."""
    if share is None:
        return "-"
    # 99.96 % is not all of them.
    percent = share * 100
    if 0 < share < 1 and f"{percent:.{digits}f}" in {f"{100:.{digits}f}", f"{0:.{digits}f}"}:
        return "> 99 %" if share > 0.5 else "< 1 %"  # noqa: PLR2004  # nearer to all, or to none
    return f"{percent:.{digits}f} %"


def say_change(share: float | None) -> str:
    """Say a change as a share of what was: `+25 %`."""
    if share is None:
        return "from 0"
    percents = round(share * 100)
    return f"{percents:+d} %" if percents else "0 %"


def say_number(value: float | None, unit: str | None) -> str:
    """Say a number with its unit; a dash for none."""
    if value is None:
        return "-"
    if unit == "ms":
        return say_duration(value)
    return f"{value:.4g}" + (f" {unit}" if unit else "")
