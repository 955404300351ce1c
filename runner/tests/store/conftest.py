"""What the tests of where results are kept share."""

from __future__ import annotations

from tests.support.fixtures import agent, rig

__all__ = ["agent", "rig"]
