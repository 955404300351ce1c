"""Garbage collection, held back while much is imported."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["importing"]


@contextmanager
def importing() -> Iterator[None]:
    """Import without collecting, then leave what was imported out of every later collection.

    Modules stay for good; to look through them for garbage, again and again while there are more
    and more of them, took a quarter of start-up.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
