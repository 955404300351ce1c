"""Some calls at once, in threads that keep no process alive."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["in_parallel"]

_WORKERS = 8


def in_parallel(call: Callable[[str], None], names: Sequence[str]) -> None:
    """Call with each of the names. Raises the first error, when all that was begun has ended."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for name in names:
        waiting.put(name)
    errors: list[Exception] = []

    def work() -> None:
        while not errors:
            try:
                call(waiting.get_nowait())
            except Empty:
                return
            except Exception as error:  # noqa: BLE001  # raised below, in the caller's thread
                errors.append(error)

    # Daemons, unlike those of a pool: a server that never answers must not keep the process alive.
    threads = [
        threading.Thread(target=work, name="agentrig-store", daemon=True)
        for _ in range(min(_WORKERS, len(names)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
