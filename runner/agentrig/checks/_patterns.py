"""Regular expressions with a time limit: one that backtracks for ever is a failed check.

A search begins in the event loop, where it may take little time; one that takes more begins again
in a thread. No pattern that an author means takes even that little.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import PydanticCustomError, PydanticKnownError

from agentrig.checks._matcher import CannotMatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    import regex

__all__ = ["SlowPatternError", "begin", "checked_pattern", "in_thread", "search"]

LIMIT_S = 1.0
"""What all searches of one check may take together."""

IN_LOOP_S = 0.02
"""What those of all checks of a step may take, before one begins again in a thread."""

T = TypeVar("T")

# When searches must have ended, and whether they hold up the event loop.
_limit: ContextVar[tuple[float, bool]] = ContextVar("limit")


class SlowPatternError(Exception):
    """A search takes too long for the event loop: judge again `in_thread`."""


def checked_pattern(text: Any) -> str:
    """Refuse what is no regular expression, for pydantic."""
    if not isinstance(text, str):
        raise PydanticKnownError("string_type")
    if not text:
        hint = "write what must be found"
        raise PydanticCustomError("regex", "an empty pattern matches any text", {"hint": hint})
    import regex  # noqa: PLC0415  # see _compiled

    try:
        _compiled(text)
    except regex.error as error:
        # The types of `regex` know its errors for exceptions alone.
        problem, offset = getattr(error, "msg", str(error)), getattr(error, "pos", None)
        context = {"problem": problem, "offset": offset and min(offset, len(text) - 1)}
        message = "the pattern is no regular expression: {problem}"
        raise PydanticCustomError("regex", message, context) from error
    return text


def search(pattern: str, text: str) -> regex.Match[str] | None:
    """Find the first match. Raises CannotMatchError when the time of the check runs out."""
    compiled, may_backtrack = _compiled(pattern)
    if not may_backtrack:
        return compiled.search(text)
    end, in_loop = _limit.get((time.perf_counter() + LIMIT_S, False))
    left = max(end - time.perf_counter(), 1e-6)
    try:
        # In a thread, the search lets others go on.
        return compiled.search(text, timeout=left, concurrent=not in_loop)
    except TimeoutError as error:
        if in_loop:
            raise SlowPatternError from error
        message = f"the pattern '{pattern}' found no end within {LIMIT_S:g} s: it backtracks"
        raise CannotMatchError(message) from error


def begin() -> None:
    """Begin the time of searches in the event loop."""
    _limit.set((time.perf_counter() + IN_LOOP_S, True))


async def in_thread(judge: Callable[..., T], *args: Any) -> T:
    """Call `judge` again in a thread, with more time for its searches.

    Those that follow are in the event loop again, and have its time.
    """
    import asyncio  # noqa: PLC0415  # lint runs no loop

    _limit.set((time.perf_counter() + LIMIT_S, False))
    try:
        return await asyncio.to_thread(judge, *args)
    finally:
        begin()


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[regex.Pattern[str], bool]:
    """Compile a pattern, and tell whether it repeats: nothing else can backtrack for long.

    A search with a time limit takes ten times as long as one without. Raises regex.error.
    """
    import regex  # noqa: PLC0415  # 6 ms that scenarios without a pattern need not pay

    # Version 0 is what `re` of the standard library does.
    may_backtrack = any(sign in pattern for sign in "*+{?")
    return regex.compile(pattern, regex.VERSION0), may_backtrack
