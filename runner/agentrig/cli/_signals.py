"""SIGINT and SIGTERM of a run: the first one ends the tests, and none costs the reports."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Turns signals into KeyboardInterrupt, for as long as the context is open.

    A pod is ended with SIGTERM; as Ctrl-C does, it must leave a report behind. Whoever presses
    Ctrl-C again must not lose it either: between the first signal and the end of the reports
    (`reported()`) another one only cuts teardowns short (`abort()`). One that comes later ends
    fixtures that clean up.
    """

    def __init__(
        self,
        reported: Callable[[], bool],
        abort: Callable[[], None],
        said: Callable[[str], None] | None = None,
    ) -> None:
        """Ask `reported` whether the reports are written; `abort` cuts teardowns short.

        `said` is told what a signal does, if anybody wants to know.
        """
        self._reported = reported
        self._abort = abort
        self._said = said or (lambda _: None)
        self._raised = 0
        self._is_over = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def end(self) -> None:
        """Raise nothing from now on, so that what follows is not left half done."""
        self._is_over = True

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give them back, unless the run was interrupted: then only its exit code is left."""
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_IGN if self._raised else handler)

    def _handle(self, number: int, _: Any) -> None:
        if self._is_over:
            return
        name = signal.Signals(number).name
        if self._raised == 0 or (self._raised == 1 and self._reported()):
            self._raised += 1
            if not self._reported():
                self._said(f"{name}: the run ends now, after the teardowns of what runs")
            raise KeyboardInterrupt
        if not self._reported():
            self._said(f"{name} again: teardowns are cut short")
            self._abort()
