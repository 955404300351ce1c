"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["write_pieces", "write_whole"]


def write_whole(file: Path, content: bytes) -> None:
    """Replace `file` in one move, so that a reader or a crash never meets half of it."""
    write_pieces(file, [content])


def write_pieces(file: Path, pieces: Iterable[bytes]) -> None:
    """Replace `file` in one move by what the pieces are together."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as written:
            written.writelines(pieces)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
