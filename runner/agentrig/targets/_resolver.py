"""From the endpoint that a step names to the URL that it goes to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from agentrig._choices import Via
from agentrig._redact import redact_url
from agentrig.errors import TargetError, UsageError
from agentrig.targets._settings import PLACEHOLDERS, TargetSettings, in_pod
from agentrig.targets._url import is_url, url_problem

if TYPE_CHECKING:
    from agentrig.scenario import Scenario

__all__ = ["Forwarder", "Resolver", "Service", "Target"]

# `service.namespace.svc` and what may follow: Kubernetes' DNS-based service discovery.
_SERVICE_HOST = re.compile(r"(?P<service>[^.]+)\.(?P<namespace>[^.]+)\.svc(\..*)?")

_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")


class Service(Struct, frozen=True, kw_only=True):
    """A port of a Kubernetes Service."""

    name: str
    namespace: str
    port: int


class Target(Struct, frozen=True, kw_only=True):
    """A resolved endpoint; `service` is None where the URL names no Kubernetes Service.

    A step's path is appended to `url`, which does not end in a slash unless it is an endpoint
    that a step wrote out.
    """

    endpoint: str
    url: str
    via: Via
    service: Service | None = None

    def __str__(self) -> str:
        where = f"via {self.via}"
        if self.service:
            where = f"service {self.service.name}, namespace {self.service.namespace}, {where}"
        if self.endpoint == self.url:
            return f"{self.url} ({where})"
        return f"'{self.endpoint}' at {self.url} ({where})"

    def unreachable(self, cause: object) -> TargetError:
        """Make the error of a target that nobody answers at: what, where, why, what to do."""
        shown = replace(self, endpoint=redact_url(self.endpoint), url=redact_url(self.url))
        return TargetError(f"cannot reach {shown}: {cause}\n  {self._advice()}")

    def _advice(self) -> str:
        service = self.service
        if self.via is Via.DNS and not in_pod():
            return "cluster DNS answers in a cluster alone: from here, --via port-forward"
        if self.via is Via.DIRECT or service is None:
            return "start it, or name another place: --target NAME=URL, --via port-forward"
        where = f"--namespace {service.namespace}"
        return f"look whether pods stand behind it: kubectl get endpoints {service.name} {where}"


class Forwarder(Protocol):
    """Opens tunnels to services, and keeps them for the run."""

    def forward(self, service: Service) -> int:
        """Give the local port of a tunnel, opened once. Blocks; raises TargetError."""


class Resolver:
    """Resolves endpoints for one run."""

    def __init__(self, settings: TargetSettings, forwarder: Forwarder | None = None) -> None:
        """Without a `forwarder`, the way `port-forward` is refused."""
        self.settings = settings
        self._forwarder = forwarder
        self._overrides = dict(settings.overrides)
        self._local_ports: dict[tuple[str, str], int] = {}
        # Every step asks; to find it out anew takes 10 µs.
        self._found = lru_cache(maxsize=1024)(self._find)

    def learn_ports(self, scenario: Scenario) -> None:
        """Remember an agent's local ports, for Python modules that name only the agent."""
        for endpoint in ("proxy", "control"):
            port = _local_port(endpoint, scenario)
            if scenario.agent and port:
                self._local_ports.setdefault((scenario.agent, endpoint), port)
                self._found.cache_clear()

    def override(self, name: str, url: str) -> None:
        """Let `NAME` or `AGENT/NAME` lead to `url` from now on."""
        self._overrides[name] = url
        self._found.cache_clear()

    def resolve(self, endpoint: str, scenario: Scenario | None) -> Target:
        """Find where `endpoint` leads, without opening a tunnel.

        Raises UsageError when the run has no way to it.
        """
        agent = scenario.agent if scenario else None
        local_port = _local_port(endpoint, scenario)
        return self.find(endpoint, agent=agent, local_port=local_port)

    def find(self, endpoint: str, *, agent: str | None, local_port: int | None = None) -> Target:
        """Find where `endpoint` of `agent` leads; `local_port` is its port on this machine."""
        return self._found(endpoint, agent, local_port)

    def _find(self, endpoint: str, agent: str | None, local_port: int | None) -> Target:
        settings = self.settings
        if is_url(endpoint):
            return self._target(endpoint, endpoint)
        override = self._overrides.get(f"{agent}/{endpoint}") or self._overrides.get(endpoint)
        if override:
            return replace(self._target(endpoint, self._fill(override, agent)), via=Via.DIRECT)
        template = settings.templates.get(endpoint)
        if template is None:
            known = ", ".join(sorted(settings.names))
            raise UsageError(f"unknown target '{endpoint}': this run knows {known}")
        if settings.via is not Via.DIRECT:
            return self._target(endpoint, self._fill(template, agent))
        local_port = local_port or self._local_ports.get((agent or "", endpoint))
        if local_port:
            target = self._target(endpoint, self._fill(template, agent or "AGENT"))
            service = target.service if agent else None
            return replace(target, url=f"http://localhost:{local_port}", service=service)
        if "{" not in template and not _SERVICE_HOST.fullmatch(urlsplit(template).hostname or ""):
            return self._target(endpoint, template.rstrip("/"))
        raise UsageError(
            f"no address for target '{endpoint}': give --target {endpoint}=URL, "
            f"or '{endpoint}_port' in the scenario, or --via port-forward"
        )

    def needs_opening(self, target: Target) -> bool:
        """Tell whether `target` is reached through a tunnel."""
        return target.via is Via.PORT_FORWARD and target.service is not None

    def open(self, target: Target) -> Target:
        """Make `target` reachable: open its tunnel if it needs one. Blocks; raises TargetError."""
        if target.service is None or not self.needs_opening(target):
            return target
        if self._forwarder is None:
            raise UsageError("this run cannot forward ports")
        port = self._forwarder.forward(target.service)
        parts = urlsplit(target.url)
        return replace(target, url=parts._replace(netloc=f"127.0.0.1:{port}").geturl())

    def _target(self, endpoint: str, url: str) -> Target:
        parts = urlsplit(url)
        service = None
        if found := _SERVICE_HOST.fullmatch(parts.hostname or ""):
            port = parts.port or (443 if parts.scheme == "https" else 80)
            service = Service(name=found["service"], namespace=found["namespace"], port=port)
        via = self.settings.via if service else Via.DIRECT
        return Target(endpoint=endpoint, url=url, via=via, service=service)

    def _fill(self, template: str, agent: str | None) -> str:
        if "{agent}" in template and not agent:
            shown = redact_url(template)
            raise UsageError(f"target URL '{shown}' needs an agent: name one in the scenario")
        values = {
            "agent": agent or "",
            "namespace": self.settings.namespace,
            "cluster_domain": self.settings.cluster_domain,
        }
        url = _PLACEHOLDER.sub(lambda found: values[found[1]], template).rstrip("/")
        if problem := url_problem(url):
            raise UsageError(f"a target's placeholders were filled, and {problem}")
        return url


def _local_port(endpoint: str, scenario: Scenario | None) -> int | None:
    if scenario is None:
        return None
    return {"proxy": scenario.proxy_port, "control": scenario.control_port}.get(endpoint)
