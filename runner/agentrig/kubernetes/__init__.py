"""The cluster around the agents: tunnels into it, and changes to it."""

from agentrig.kubernetes._async_cluster import (
    AsyncCluster,
    ExecResult,
    LogSearch,
)
from agentrig.kubernetes._cluster import Cluster
from agentrig.kubernetes._conditions import condition_problem
from agentrig.kubernetes._config import chosen_namespace
from agentrig.kubernetes._kinds import Kind, ObjectRef, split_reference
from agentrig.kubernetes._logs import LogLine, LogPosition
from agentrig.kubernetes._manifests import manifest_problem, read_manifests
from agentrig.kubernetes._objects import Snapshot, Waited
from agentrig.kubernetes._port_forward import PortForwards
from agentrig.kubernetes._reviews import Access
from agentrig.kubernetes._settings import KubernetesSettings
from agentrig.kubernetes._watch import Change
from agentrig.kubernetes._workloads import label_selector

__all__ = [
    "Access",
    "AsyncCluster",
    "Change",
    "Cluster",
    "ExecResult",
    "Kind",
    "KubernetesSettings",
    "LogLine",
    "LogPosition",
    "LogSearch",
    "ObjectRef",
    "PortForwards",
    "Snapshot",
    "Waited",
    "chosen_namespace",
    "condition_problem",
    "label_selector",
    "manifest_problem",
    "read_manifests",
    "split_reference",
]
