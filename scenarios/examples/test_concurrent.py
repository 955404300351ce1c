"""Python tests beside the scenarios: `concurrent`, `locks`, `serial`, `tag` and `timeout`.

Tests run after the scenarios, one by one. A concurrent one runs in the first minutes of the run,
while the scenarios do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentrig.pytest_plugin.fixtures import Steps

pytestmark = [pytest.mark.concurrent, pytest.mark.tag("locks")]


# The lock of a scenario in 13-locks-and-serial.yaml: one of them is there at a time.
@pytest.mark.locks("the-door")
@pytest.mark.timeout(30)  # from the moment at which it begins
def test_one_at_a_time(steps: Steps) -> None:
    playground = steps.for_agent("playground", proxy_port=4010)
    playground.http(path="/exclusive/the-door?ms=30", expect={"status": 200})


@pytest.mark.serial
def test_behind_everything_else(steps: Steps) -> None:
    playground = steps.for_agent("playground", proxy_port=4010)
    playground.http(path="/exclusive/the-house?ms=30", expect={"status": 200})
