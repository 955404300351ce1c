"""What can go wrong with a benchmark."""

__all__ = ["BenchError", "UnavailableError"]


class BenchError(Exception):
    """A number cannot be trusted, or cannot be had at all."""


class UnavailableError(Exception):
    """A tool cannot be had on this machine; the text says why, in one line."""
