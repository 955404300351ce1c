"""Async tests: anyio's plugin runs them, and is loaded when the first one is collected.

A test that somebody else's plugin is to run, by a mark, a fixture or an `auto` mode, is left to
that. What anyio's plugin is given here is what it asks of tests in its own documentation: the
fixture `anyio_backend`.
"""

from __future__ import annotations

import inspect

import pytest

__all__ = ["AsyncTests", "is_async"]

_MODULE = "anyio.pytest_plugin"
_THEIRS = frozenset({"anyio", "asyncio", "trio"})


def is_async(function: object) -> bool:
    """Tell whether a test function, or the one that hypothesis calls, is a coroutine function."""
    hypothesis = getattr(function, "hypothesis", None)
    return inspect.iscoroutinefunction(getattr(hypothesis, "inner_test", function))


class AsyncTests:
    """Hands async tests to anyio as they are collected."""

    def __init__(self, config: pytest.Config) -> None:
        """Load nothing yet."""
        self._config = config
        self._loaded = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(
        self, collector: pytest.Module | pytest.Class, name: str, obj: object
    ) -> None:
        """Take an async test that is nobody's."""
        if not collector.istestfunction(obj, name) or not is_async(obj):
            return
        marks = {mark.name for mark in collector.iter_markers()}
        marks |= {mark.name for mark in getattr(obj, "pytestmark", ())}
        if marks & _THEIRS or self._is_auto("asyncio_mode") or not callable(obj):
            return
        if self._load():
            pytest.mark.usefixtures("anyio_backend")(obj)

    def _is_auto(self, option: str) -> bool:
        try:
            chosen = self._config.getoption(option, None) or self._config.getini(option)
        except (KeyError, ValueError):
            return False  # nobody has declared it
        return str(getattr(chosen, "value", chosen)) == "auto"

    def _load(self) -> bool:
        """Load anyio's plugin unless it is there; give False where the user has shut it out."""
        manager = self._config.pluginmanager
        if self._loaded or manager.has_plugin("anyio") or manager.has_plugin(_MODULE):
            return True
        if manager.is_blocked("anyio") or manager.is_blocked(_MODULE):
            return False
        manager.import_plugin(_MODULE)
        # After it, so that this one's `anyio_backend` holds; a conftest.py has the last word.
        manager.register(_Backend(), "agentrig-anyio-backend")
        self._loaded = True
        return True


class _Backend:
    @pytest.fixture(scope="session")
    def anyio_backend(self) -> str:
        """Give asyncio alone; of the widest scope, so that async fixtures may have any."""
        return "asyncio"
