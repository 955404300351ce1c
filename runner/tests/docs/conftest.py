from __future__ import annotations

from tests.support.search_server import search_server

__all__ = ["search_server"]
