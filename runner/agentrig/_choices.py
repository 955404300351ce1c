"""What options offer, for who reads a command line before anything heavy is imported."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["DEFAULT_CONCURRENCY", "Via"]

DEFAULT_CONCURRENCY = 16
"""Scenarios at once. They wait for agents, not for this machine's processors."""


class Via(StrEnum):
    """The way from a target's name to its URL."""

    DNS = "dns"
    """Cluster DNS: the template of the target as it stands. The default in a pod."""
    DIRECT = "direct"
    """`--target` or the scenario's own local ports. The default elsewhere."""
    PORT_FORWARD = "port-forward"
    """A tunnel through the Kubernetes API to the service that the template names."""
