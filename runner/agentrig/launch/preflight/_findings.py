"""What a check of the cluster found: what is missing, and what it was not allowed to look at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

__all__ = ["Findings", "Missing", "lacks", "together", "unless_denied"]

_DENIED = frozenset({401, 403})


class Missing(Struct, frozen=True, kw_only=True):
    """One thing that a run would fail without: `what` and where, and what to `do` about it."""

    what: str
    do: str


class Findings(Struct, frozen=True, kw_only=True):
    """What is missing, in the order of the checks; what may be; and what could not be checked."""

    missing: tuple[Missing, ...] = ()
    doubted: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    def and_(self, others: Iterable[Findings]) -> Findings:
        """Put findings together; what is said twice is kept once."""
        every = [self, *others]
        return Findings(
            missing=tuple(dict.fromkeys(one for each in every for one in each.missing)),
            doubted=tuple(dict.fromkeys(one for each in every for one in each.doubted)),
            unchecked=tuple(dict.fromkeys(one for each in every for one in each.unchecked)),
        )


def lacks(what: str, do: str) -> Findings:
    """Make the finding of one missing thing."""
    return Findings(missing=(Missing(what=what, do=do),))


async def together(checks: Iterable[Awaitable[Findings]]) -> Findings:
    """Do checks side by side; their findings keep the order of the checks."""
    return Findings().and_(await asyncio.gather(*checks))


async def unless_denied(check: Awaitable[Findings], subject: str) -> Findings:
    """Do a check; where this account may not look, say so of `subject` instead of failing."""
    try:
        return await check
    except ClusterError as error:
        if error.status not in _DENIED:
            raise
        return Findings(unchecked=(subject,))
