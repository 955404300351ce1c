"""Async tests and fixtures need no mark; in them, steps and scenarios are awaited."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agentrig.pytest_plugin.fixtures import AsyncRunScenario, AsyncSteps


@pytest.fixture
async def item(steps: AsyncSteps) -> AsyncIterator[str]:
    playground = steps.for_agent("playground", proxy_port=4010)
    made = await playground.http(method="POST", path="/items", body={"kind": "visit"})
    yield made.data["id"]
    await playground.http(method="DELETE", path=f"/items/{made.data['id']}")


async def test_steps_at_the_same_time(steps: AsyncSteps, item: str) -> None:
    playground = steps.for_agent("playground", proxy_port=4010)
    found = await asyncio.gather(
        *(playground.http(path=f"/items/{item}", expect={"status": 200}) for _ in range(5))
    )
    assert {one.data["kind"] for one in found} == {"visit"}


async def test_a_scenario(run_scenario: AsyncRunScenario) -> None:
    ran = await run_scenario("01-first-steps.yaml#A request and what must come back")
    assert len(ran.steps) == 3
