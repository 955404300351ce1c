"""What can be wrong with a query."""

from __future__ import annotations

__all__ = ["QueryError", "QuerySyntaxError"]


class QueryError(ValueError):
    """A query failed on the data that it was given."""


class QuerySyntaxError(ValueError):
    """A text that is no jq.

    `offset` and `length` are the offending characters, if jq names them; `hint` is what to write
    instead, if that can be guessed.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, length: int = 1, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = length
        self.hint = hint
