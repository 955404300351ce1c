from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fixtures import agent, rig
from tests.support.webhook_server import WebhookServer, webhook_server

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["agent", "rig"]


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with webhook_server() as one:
        yield one
