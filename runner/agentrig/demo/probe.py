"""What a sidecar can see of its agent from outside: is it up, what does it offer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx

from agentrig.demo.headers import is_name

__all__ = ["Probe", "probe_agent"]

_PROBE_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One look at an agent. `tools` is None where it does not list its capabilities."""

    live: bool
    ready: bool
    tools: tuple[str, ...] | None
    latency_ms: float

    @property
    def source(self) -> str:
        """Where an answer about the agent comes from: the agent, or its manifest alone."""
        return "manifest-static" if self.tools is None else "agent-sdk"


async def probe_agent(client: httpx.AsyncClient, upstream: str) -> Probe:
    """Ask the agent's health and capabilities at once; what fails or is slow counts as absent."""
    started = time.perf_counter()
    base = upstream.rstrip("/")
    live, ready, capabilities = await asyncio.gather(
        _get(client, base + "/health/live"),
        _get(client, base + "/health/ready"),
        _get(client, base + "/capabilities"),
    )
    return Probe(
        live=live is not None,
        ready=ready is not None,
        tools=_tool_names(capabilities),
        latency_ms=round((time.perf_counter() - started) * 1000, 3),
    )


async def _get(client: httpx.AsyncClient, url: str) -> Any | None:
    try:
        response = await client.get(url, timeout=_PROBE_WITHIN_S)
        return response.json() if response.is_success else None
    except (httpx.HTTPError, ValueError, RecursionError):
        return None


def _tool_names(capabilities: Any) -> tuple[str, ...] | None:
    tools = capabilities.get("tools") if isinstance(capabilities, dict) else None
    if not isinstance(tools, list):
        return None
    names = (tool.get("name") for tool in tools if isinstance(tool, dict))
    return tuple(name for name in names if isinstance(name, str) and is_name(name))
