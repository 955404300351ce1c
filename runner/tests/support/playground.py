"""The demo's playground on free ports."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from agentrig.demo.background import in_background
from agentrig.demo.playground_serving import (
    PlaygroundSockets,
    PlaygroundUrls,
    running_playground,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["started_playground"]


@contextmanager
def started_playground() -> Iterator[PlaygroundUrls]:
    """Run it for as long as the context is open."""
    with ExitStack() as stack:
        sockets = PlaygroundSockets(stack, host="127.0.0.1", ports=(0, 0, 0))
        stack.enter_context(in_background(running_playground(sockets, finish_within_s=1)))
        yield sockets.urls()
