"""Where the agents are: target names, the three ways to them, their URLs."""

from agentrig.targets._limits import Rate
from agentrig.targets._pacer import Pacer
from agentrig.targets._resolver import Forwarder, Resolver, Service, Target
from agentrig.targets._settings import TargetSettings, in_pod, target_settings
from agentrig.targets._url import is_url, url_problem

__all__ = [
    "Forwarder",
    "Pacer",
    "Rate",
    "Resolver",
    "Service",
    "Target",
    "TargetSettings",
    "in_pod",
    "is_url",
    "target_settings",
    "url_problem",
]
