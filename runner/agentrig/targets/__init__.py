"""Where the agents are: target names, the three ways to them, their URLs."""

from agentrig.targets._resolver import Forwarder, Resolver, Service, Target, is_url
from agentrig.targets._settings import (
    CONFIG_FILE,
    TargetSettings,
    Via,
    in_pod,
    target_settings,
)

__all__ = [
    "CONFIG_FILE",
    "Forwarder",
    "Resolver",
    "Service",
    "Target",
    "TargetSettings",
    "Via",
    "in_pod",
    "is_url",
    "target_settings",
]
