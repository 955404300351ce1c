"""The cluster around the agents: tunnels into it, and changes to it."""

from agentrig.kubernetes._cluster import Cluster, ExecResult
from agentrig.kubernetes._port_forward import PortForwards

__all__ = ["Cluster", "ExecResult", "PortForwards"]
