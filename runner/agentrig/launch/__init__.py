"""One run in a cluster from beginning to end: install the chart, follow, collect, report."""

from agentrig.launch._evidence import PodEvidence, Trouble

__all__ = ["PodEvidence", "Trouble"]
