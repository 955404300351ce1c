from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.search_server import own_search_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.search_server import SearchServer


def test_the_shared_server_is_an_open_search(search_server: SearchServer) -> None:
    about = search_server.ask("GET", "/")
    assert about["version"]["distribution"] == "opensearch"


def test_a_test_has_an_index_of_its_own(search_server: SearchServer, search_index: str) -> None:
    search_server.bulk(search_index, {"_id": "a", "n": 1}, {"n": 2}, {"_id": "a", "n": 3})
    found = search_server.documents(f"{search_index}*")
    assert found["a"] == {"n": 3}
    assert sorted(body["n"] for body in found.values()) == [2, 3]


def test_a_server_that_was_killed_knows_its_documents(tmp_path: Path) -> None:
    with own_search_server(tmp_path / "own") as first:
        first.bulk("runs", {"_id": "a", "n": 1})
    with own_search_server(tmp_path / "own", "http.max_content_length=1mb") as again:
        again.ask("GET", "/_cluster/health/runs?wait_for_status=yellow&timeout=30s")
        assert again.documents("runs") == {"a": {"n": 1}}
