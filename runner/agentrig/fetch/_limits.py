"""How long fetching may take, and how much it may bring."""

from __future__ import annotations

import time

from msgspec import Struct

from agentrig.errors import FetchError, UsageError

__all__ = ["SILENCE_S", "Budget", "Limits"]

SILENCE_S = 30.0
"""A server that says nothing for so long is given up."""


class Limits(Struct, frozen=True, kw_only=True):
    """`within_s` bounds the whole; `max_bytes` what is received, and what is written."""

    within_s: float = 300.0
    max_bytes: int = 256 * 1024 * 1024


class Budget:
    """Spends the limits of one fetch; safe to call from several threads."""

    def __init__(self, limits: Limits, *, what: str) -> None:
        """Begin to spend; `what` names the source in messages."""
        self._limits = limits
        self._what = what
        self._end = time.monotonic() + limits.within_s
        self._received = 0

    def receive(self, count: int) -> None:
        """Take `count` more bytes. Raises UsageError beyond `max_bytes`, FetchError past the end."""
        self._received += count
        if self._received > self._limits.max_bytes:
            raise UsageError(
                f"{self._what} is larger than {self._limits.max_bytes} bytes: "
                "fetch less of it, or allow more with --max-bytes"
            )
        self.check_time()

    def check_time(self) -> None:
        """Raise FetchError when the time is up."""
        if time.monotonic() > self._end:
            raise FetchError(
                f"{self._what} was not fetched within {self._limits.within_s:g} s: "
                "is the server slow, or --timeout too short?"
            )
