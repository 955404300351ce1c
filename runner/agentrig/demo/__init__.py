"""Five agents with their sidecars: the demo, and the system that agentrig's own tests test.

Cheap to import: servers and HTTP clients are imported when one of them starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from agentrig.errors import InfraError

__all__ = ["Ports", "find_scenarios"]

Ports = Literal["free", "fixed"]
"""Any free ports, or AgentSpec's local ones: 4000/4001 for the first agent, and so on."""


def find_scenarios() -> Path:
    """Find the demo's scenarios: inside the package when installed, else in the repository."""
    here = Path(__file__).resolve()
    candidates = (here.parent / "scenarios", here.parents[3] / "scenarios" / "demo")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    looked = " and ".join(f"'{candidate}'" for candidate in candidates)
    raise InfraError(f"the demo's scenarios are not there: looked in {looked}")
