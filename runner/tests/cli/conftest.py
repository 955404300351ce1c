from __future__ import annotations

from tests.support.fixtures import agent, rig, until

__all__ = ["agent", "rig", "until"]
