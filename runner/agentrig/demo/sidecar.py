"""A sidecar: one agent's proxy and control plane, over one audit ring and one policy."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentrig.demo.audit import Ring
from agentrig.demo.clients import internal_client
from agentrig.demo.control import control_app
from agentrig.demo.policy import BuiltinPolicy, Mode, OpaPolicy, Policy
from agentrig.demo.proxy import Proxy
from agentrig.demo.recorder import Recorder
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import ASGIApp

    from agentrig.demo.manifests import Manifest

__all__ = ["SidecarConfig", "sidecar_apps"]

# Generous: an agent may think for long before its first byte.
_ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarConfig:
    """What a sidecar needs to know; `opa_url` None means the built-in rules."""

    manifest: Manifest
    upstream: str
    public_url: str
    mode: Mode = Mode.TRACK
    opa_url: str | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, manifest: Manifest, upstream: str, public_url: str
    ) -> SidecarConfig:
        """Read OPA_PROXY_MODE and OPA_URL; raise `UsageError` where one makes no sense."""
        opa_url = environment.get("OPA_URL") or None
        if opa_url is not None:
            check_url(opa_url, what="OPA_URL")
        check_url(upstream, what="the upstream")
        return cls(
            manifest=manifest,
            upstream=upstream,
            public_url=public_url,
            mode=Mode.parse(environment.get("OPA_PROXY_MODE") or Mode.TRACK.value),
            opa_url=opa_url,
        )


@asynccontextmanager
async def sidecar_apps(config: SidecarConfig) -> AsyncIterator[tuple[ASGIApp, ASGIApp]]:
    """Build the proxy's and the control plane's applications; their ring starts empty."""
    # Two clients: callers who keep all of the agent's connections busy must not make the
    # control plane call it unavailable.
    async with (
        internal_client(timeout_s=_ANSWER_WITHIN_S) as traffic,
        internal_client(timeout_s=_ANSWER_WITHIN_S) as watching,
    ):
        policy: Policy = BuiltinPolicy()
        if config.opa_url is not None:
            policy = OpaPolicy(config.opa_url, watching)
        recorder = Recorder(manifest=config.manifest, ring=Ring(), policy=policy, mode=config.mode)
        control = control_app(
            recorder, client=watching, upstream=config.upstream, public_url=config.public_url
        )
        yield Proxy(recorder, client=traffic, upstream=config.upstream), control


def check_url(url: str, *, what: str) -> None:
    """Raise `UsageError` where a text is no http(s) URL of a server."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise UsageError(f"{what} is '{url}': use a URL such as http://127.0.0.1:8181")
