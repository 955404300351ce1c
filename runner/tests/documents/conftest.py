from __future__ import annotations

from tests.support.fixtures import agent, rig

__all__ = ["agent", "rig"]
