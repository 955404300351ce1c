from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.fixtures import agent, rig, until

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["agent", "rig", "until"]


@pytest.fixture
def dropping_port() -> Iterator[int]:
    """Give a port whose first packets are dropped, as a network policy drops them."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port: int = full.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(("127.0.0.1", port))
        yield port
