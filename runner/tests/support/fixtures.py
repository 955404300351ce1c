"""Fixtures that several folders' conftest.py take in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.agent_server import AgentServer, agent_server
from tests.support.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["agent", "rig"]


@pytest.fixture
def agent() -> Iterator[AgentServer]:
    """Give a server that plays an agent."""
    with agent_server() as server:
        yield server


@pytest.fixture
def rig(tmp_path: Path, agent: AgentServer) -> Rig:
    """Give an empty working directory whose scenarios speak to `agent`."""
    return Rig(tmp_path, agent.url)
