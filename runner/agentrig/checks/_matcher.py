"""What a matcher is, and what it may find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CannotMatchError", "Matcher", "Missing"]


class CannotMatchError(Exception):
    """A matcher cannot judge a value of this kind; the text says what it needs.

    The check fails, under `not` as well: text is neither greater than 5 nor not greater.
    """


class Missing(Struct, frozen=True):
    """Stands for a value that is not there; `what` is, e.g. "header 'x-id'"."""

    what: str


class Matcher(Struct, frozen=True, kw_only=True, eq=False):
    """One way to judge a value; the name of its entry point is its key in a check.

    `problem(actual, operand)` gives None when the value holds, else what was expected and what
    came, e.g. "expected a number above 5, got 3". It may raise CannotMatchError. `operand` is the
    pydantic type of what stands behind the key: its mistakes are found when a file is loaded.
    `about` is one sentence for an editor and the reference, `example` a check in YAML.
    """

    operand: Any
    problem: Callable[[Any, Any], str | None]
    about: str
    example: str
    sees_missing: bool = False
    """Whether it is asked about a value that is not there, as a `Missing`."""
