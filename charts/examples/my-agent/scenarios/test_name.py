"""The agent says who it is."""

from __future__ import annotations

from typing import Any


def test_the_agent_has_a_name(agent: Any) -> None:
    assert agent("my-agent").client.get("/").json()["agent"]
