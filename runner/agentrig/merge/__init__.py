"""The journals of a run's shards as one run: what was planned against what arrived."""

from agentrig.merge._attempt import Attempt
from agentrig.merge._journal import Identity, identify
from agentrig.merge._merge import Merged, merge

__all__ = ["Attempt", "Identity", "Merged", "identify", "merge"]
