"""A store that is away, slow, or full, whenever a test wants it to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import StoreError
from agentrig.store import FolderStore

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["BrokenStore"]


class BrokenStore(FolderStore):
    """Fails as often as it is told to; `calls` are the keys that were asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.calls: list[str] = []
        self.is_away = False
        self.lasting = False
        self.hang: threading.Event | None = None
        """What every call waits for."""
        self.lose_answers = False
        """Whether what was put is told to have failed."""
        self.on_call: Callable[[str], None] = lambda _: None

    def create(self, key: str, content: bytes) -> bool:
        self._before(key)
        made = super().create(key, content)
        self._after()
        return made

    def put(self, key: str, content: bytes, *, media_type: str = "") -> None:
        self._before(key)
        super().put(key, content, media_type=media_type)
        self._after()

    def put_file(
        self,
        key: str,
        file: Path,
        *,
        media_type: str = "",
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._before(key)
        super().put_file(key, file, media_type=media_type, on_progress=on_progress)
        self._after()

    def _before(self, key: str) -> None:
        self.calls.append(key)
        self.on_call(key)
        if self.hang:
            self.hang.wait()
        if self.is_away:
            raise StoreError("the store is away", lasting=self.lasting)

    def _after(self) -> None:
        if self.lose_answers:
            raise StoreError("its answer was lost")
