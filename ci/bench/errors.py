"""What can go wrong with a benchmark."""

__all__ = ["BenchError"]


class BenchError(Exception):
    """A number cannot be trusted, or cannot be had at all."""
