from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.demo.embedded import Demo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """Give a running demo with its playground."""
    with running_demo(playground=True) as running:
        yield running
