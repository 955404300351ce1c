"""What stands behind the `demo_cluster` fixture: the demo is up, or is started here."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentrig.demo.manifests import AGENTS
from agentrig.errors import TargetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from agentrig.demo.embedded import Demo
    from agentrig.targets import Resolver

__all__ = ["demo_is_up"]

_ASK_EVERY_S = 0.25
_ANSWER_WITHIN_S = 5.0


@contextmanager
def demo_is_up(resolver: Resolver, *, within_s: float = 60.0) -> Iterator[Demo | None]:
    """Hold the demo up: wait for the one that `resolver` leads to, else run the embedded one.

    The embedded one runs where targets are local (`direct`) and none of the agents is there;
    the resolver leads to it from then on. Gives it, or None where the demo is elsewhere. Raises
    TargetError for an agent that is not healthy within `within_s`.
    """
    import httpx  # noqa: PLC0415 - paid when used

    with httpx.Client(timeout=_ANSWER_WITHIN_S, trust_env=False) as client:
        embedded = resolver.settings.via == "direct" and not any(
            _is_there(client, resolver, name) for name in AGENTS
        )
        if not embedded:
            deadline = time.monotonic() + within_s
            for name in AGENTS:
                _wait(client, resolver, name, deadline=deadline)
    if not embedded:
        yield None
        return
    from agentrig.demo.embedded import running_demo  # noqa: PLC0415 - brings anyio in

    with running_demo() as demo:
        for name, url in demo.targets().items():
            resolver.override(name, url)
        yield demo


def _wait(client: httpx.Client, resolver: Resolver, name: str, *, deadline: float) -> None:
    while not _is_there(client, resolver, name):
        if time.monotonic() >= deadline:
            target = resolver.find("control", agent=name)
            raise TargetError(
                f"the demo agent '{name}' is not healthy: {target} does not answer /health/ready; "
                "install charts/demo-agents, or run `agentrig demo`"
            )
        time.sleep(_ASK_EVERY_S)


def _is_there(client: httpx.Client, resolver: Resolver, name: str) -> bool:
    import httpx  # noqa: PLC0415 - paid when used

    try:
        target = resolver.open(resolver.find("control", agent=name))
        return client.get(f"{target.url}/health/ready").is_success
    except (httpx.HTTPError, TargetError, UsageError):
        return False
