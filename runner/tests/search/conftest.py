from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.fixtures import agent, rig
from tests.support.search_proxy import SearchProxy, search_proxy
from tests.support.search_server import (
    elasticsearch_server,
    new_index,
    search_index,
    search_server,
)
from tests.support.searching import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.search_server import SearchServer

__all__ = [
    "agent",
    "case",
    "each",
    "elasticsearch_server",
    "proxy",
    "rig",
    "search_index",
    "search_server",
]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's proxies and credentials out."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("AGENTRIG_"):
            monkeypatch.delenv(name)


@pytest.fixture
def proxy(search_server: SearchServer) -> Iterator[SearchProxy]:
    """Give a proxy before the shared server."""
    with search_proxy(search_server.url) as made:
        yield made


@pytest.fixture
def case(
    proxy: SearchProxy, search_server: SearchServer, search_index: str, tmp_path: Path
) -> Case:
    """Give a proxy, an index and an empty folder of results."""
    return Case(proxy, search_server, search_index, tmp_path / "results")


@pytest.fixture(
    params=["search_server", "elasticsearch_server"], ids=["opensearch", "elasticsearch"]
)
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """Give what `case` gives, with a server of each product."""
    server: SearchServer = request.getfixturevalue(request.param)
    with search_proxy(server.url) as proxy:
        yield Case(proxy, server, new_index(), tmp_path / "results")
