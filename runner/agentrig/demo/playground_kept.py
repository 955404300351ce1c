"""Memory of the playground that cannot grow without end."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["MOST_KEPT", "Kept"]

MOST_KEPT = 1_000

ValueT = TypeVar("ValueT")


class Kept(dict[str, ValueT], Generic[ValueT]):
    """A dict that forgets its oldest entry when it would hold more than `MOST_KEPT`."""

    def __setitem__(self, key: str, value: ValueT) -> None:
        if key not in self and len(self) >= MOST_KEPT:
            del self[next(iter(self))]
        super().__setitem__(key, value)
