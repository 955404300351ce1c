from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agentrig.demo.fixture import demo_is_up
from agentrig.errors import TargetError
from agentrig.targets import Resolver, target_settings

if TYPE_CHECKING:
    from agentrig.demo.embedded import Demo


def resolver_to(*targets: str, via: Any = "direct") -> Resolver:
    settings = target_settings(via=via, namespace="demo", cluster_domain=None, targets=targets)
    return Resolver(settings)


def test_a_demo_that_is_up_is_used(demo: Demo) -> None:
    resolver = resolver_to(*(f"{name}={url}" for name, url in demo.targets().items()))
    with demo_is_up(resolver) as started:
        assert started is None
    assert resolver.find("proxy", agent="gymcoach").url == demo.agents["gymcoach"].proxy_url


def test_without_one_the_embedded_demo_is_started() -> None:
    resolver = resolver_to()
    with demo_is_up(resolver) as started:
        assert started is not None
        target = resolver.find("control", agent="research-agent")
        assert httpx.get(target.url + "/gap").json()["score"] == 20


def test_an_agent_that_stays_away_is_named(demo: Demo) -> None:
    targets = demo.targets() | {"voice-assistant/control": "http://127.0.0.1:9"}
    resolver = resolver_to(*(f"{name}={url}" for name, url in targets.items()))
    with (
        pytest.raises(TargetError, match=r"'voice-assistant' is not healthy: .*127\.0\.0\.1:9"),
        demo_is_up(resolver, within_s=0.1),
    ):
        pass
