from __future__ import annotations

from tests.support.search_server import search_index, search_server

__all__ = ["search_index", "search_server"]
