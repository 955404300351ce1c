"""The guardrails that the agents run on a message, before any tool sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["GUARDRAILS", "RefusedError"]

# Bounded on both sides of the @: a long run of letters must not take quadratic time.
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"\+?\d(?:[ ()-]{0,2}\d){8,14}")
_REFUSED = re.compile(r"\b(?:steroids?|insider tip|malware)\b", re.IGNORECASE)


class RefusedError(Exception):
    """A guardrail does not let the message through; its text is the answer."""


def _scrub_personal_data(message: str) -> str:
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", message))


def _filter_content(message: str) -> str:
    if _REFUSED.search(message):
        raise RefusedError("I cannot help with that.")
    return message


GUARDRAILS: Mapping[str, Callable[[str], str]] = {
    "pii_scrubber": _scrub_personal_data,
    "content_filter": _filter_content,
}
"""Each takes a message and returns what may go on, or raises `RefusedError`."""
