"""Fixtures that several folders' conftest.py take in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.agent_server import AgentServer, agent_server
from tests.support.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["agent", "rig", "until"]


@pytest.fixture
def agent() -> Iterator[AgentServer]:
    """Give a server that plays an agent."""
    with agent_server() as server:
        yield server


@pytest.fixture
def rig(tmp_path: Path, agent: AgentServer) -> Rig:
    """Give an empty working directory whose scenarios speak to `agent`."""
    return Rig(tmp_path, agent.url)


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    """Give `until(condition)`: waits for what another process does."""

    def wait(condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.01)

    return wait
