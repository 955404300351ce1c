"""What an async test was promised: a step without `await` must not look like one that passed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["Promises"]

T = TypeVar("T")


class Promises:
    """Coroutines that a test must await before it ends."""

    def __init__(self) -> None:
        """Begin with none."""
        self._made: list[tuple[str, Coroutine[Any, Any, Any]]] = []

    def keep(self, what: str, made: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Remember a coroutine by what it is, and give it."""
        self._made.append((what, made))
        return made

    def check(self) -> None:
        """Fail the test for those that were never begun."""
        forgotten = [
            (what, made)
            for what, made in self._made
            if inspect.getcoroutinestate(made) == inspect.CORO_CREATED
        ]
        for _, made in forgotten:
            made.close()
        if forgotten:
            what = ", ".join(what for what, _ in forgotten)
            pytest.fail(f"not executed, because not awaited: {what}", pytrace=False)
