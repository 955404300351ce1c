"""Whether two attempts are attempts at the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentrig.events import RunStarted

__all__ = ["disagreement"]

_FIELDS = {
    "shards": "it was one of another number of shards",
    "source": "its files came from elsewhere, or are of another commit",
    "files": "its scenario files had another content",
    "commit": "it tested another commit",
    "namespace": "it tested another namespace",
    "labels": "it had other labels",
}


def disagreement(earlier: RunStarted, now: RunStarted) -> str | None:
    """Say why results of `earlier` do not hold for `now`, None if they do."""
    before, planned = ({one.id for one in run.planned} for run in (earlier, now))
    if before != planned:
        more, fewer = len(planned - before), len(before - planned)
        return f"its plan was another one ({more} new, {fewer} gone)"
    differing = (name for name in _FIELDS if getattr(earlier, name) != getattr(now, name))
    return next((_FIELDS[name] for name in differing), None)
