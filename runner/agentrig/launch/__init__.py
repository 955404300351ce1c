"""One run in a cluster from beginning to end: install the chart, follow, collect, report."""

from agentrig.launch._evidence import PodEvidence, Trouble
from agentrig.launch._follow import Ending, Followed, follow
from agentrig.launch._view import PlainView, ShardProgress, View
from agentrig.launch._workloads import Workload, find_workloads, read_workload

__all__ = [
    "Ending",
    "Followed",
    "PlainView",
    "PodEvidence",
    "ShardProgress",
    "Trouble",
    "View",
    "Workload",
    "find_workloads",
    "follow",
    "read_workload",
]
