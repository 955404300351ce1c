"""Real search servers: one of each product for all tests of a session, and own ones for faults."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "SearchServer",
    "elasticsearch_server",
    "new_index",
    "own_search_server",
    "search_index",
    "search_server",
]

_START_S = 100
_numbers = count(1)


@dataclass(frozen=True)
class SearchServer:
    """A node that answers: its URL, and the number of its process."""

    url: str
    pid: int

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Give the server's answer as it is, also that it refuses; `path` begins with `/`."""
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            answer = client.request(method, path, json=body)
        return answer.json()

    def bulk(self, index: str, *documents: dict[str, Any]) -> None:
        """Put documents, to be found at once; those with an `_id` replace each other."""
        lines = []
        for document in documents:
            action = {"_id": document["_id"]} if "_id" in document else {}
            body = {name: value for name, value in document.items() if name != "_id"}
            lines += [json.dumps({"index": action}), json.dumps(body)]
        url = f"{self.url}/{index}/_bulk?refresh=true"
        headers = {"content-type": "application/x-ndjson"}
        content = "\n".join([*lines, ""])
        answer = httpx.post(url, content=content, headers=headers, timeout=60, trust_env=False)
        assert not answer.json()["errors"], answer.text

    def documents(self, index: str) -> dict[str, dict[str, Any]]:
        """Give what an index (or all of `NAME*`) holds, up to 10,000 documents, by their ids."""
        self.ask("POST", f"/{index}/_refresh")
        body = {"size": 10_000, "track_total_hits": True}
        found = self.ask("POST", f"/{index}/_search", body)["hits"]
        hits = found["hits"]
        assert found["total"]["value"] == len(hits), "more documents than one answer holds"
        documents = {hit["_id"]: hit["_source"] for hit in hits}
        assert len(documents) == len(hits), "one document stands in two indices"
        return documents

    def kill(self) -> None:
        """End the node as a machine's failure does; only for an own one."""
        os.kill(self.pid, signal.SIGKILL)

    def clear(self, index: str) -> None:
        """Remove the indices, data streams and templates whose names begin so."""
        for kind in ("_data_stream", "_index_template"):
            self.ask("DELETE", f"/{kind}/{index}*")
        self.ask("DELETE", f"/{index}*")


@pytest.fixture(scope="session")
def search_server(tmp_path_factory: pytest.TempPathFactory) -> SearchServer:
    """Give the OpenSearch that all workers of a session share; it ends when the session does."""
    return _shared(tmp_path_factory, "opensearch-node")


@pytest.fixture(scope="session")
def elasticsearch_server(tmp_path_factory: pytest.TempPathFactory) -> SearchServer:
    """Give the Elasticsearch that all workers of a session share.

    It has the core's part of everything, and of its modules HTTP and one char filter: `GET /` and
    some more requests that agentrig does not make are not there.
    """
    return _shared(tmp_path_factory, "elasticsearch-node")


@pytest.fixture
def search_index(search_server: SearchServer) -> Iterator[str]:
    """Give a name that no other test uses; all that begins with it is removed afterwards."""
    name = new_index()
    yield name
    search_server.clear(name)


def new_index() -> str:
    """Give a name that no other test uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"test-{worker}-{next(_numbers)}-runs"


@contextmanager
def own_search_server(folder: Path, *settings: str) -> Iterator[SearchServer]:
    """Start a server that a test may break, with settings, each as NAME=VALUE.

    A server that is started in the folder of one that has ended knows its documents. It takes 3 s
    on an idle machine, and 300 MB: tests of answers put a proxy before the shared one instead.
    """
    folder.mkdir(exist_ok=True)
    (folder / "port").unlink(missing_ok=True)
    with (folder / "log").open("ab") as log:
        command = _command("opensearch-node", folder, os.getpid(), *settings)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        url = _wait(folder, lambda: process.poll() is None)
        yield SearchServer(url, process.pid)
    finally:
        process.kill()
        process.wait()


def _shared(tmp_path_factory: pytest.TempPathFactory, program: str) -> SearchServer:
    base, owner = tmp_path_factory.getbasetemp(), os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base, owner = base.parent, os.getppid()
    folder = base / program
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = folder / "server.json"
        if not known.exists():
            # Through a shell, because it outlives the worker that starts it.
            shell = ["sh", "-c", '"$@" >"$0" 2>&1 </dev/null & echo $!', str(folder / "log")]
            pid = int(subprocess.check_output([*shell, *_command(program, folder, owner)]))
            url = _wait(folder, lambda: Path(f"/proc/{pid}").exists())
            known.write_text(json.dumps({"url": url, "pid": pid}))
        return SearchServer(**json.loads(known.read_text()))


def _command(program: str, folder: Path, owner: int, *settings: str) -> list[str]:
    """Give the command of a node that ends at the latest when the process `owner` does."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: put it on PATH (ci/tools)")
    return [found, str(folder), str(owner), *settings]


def _wait(folder: Path, is_running: Callable[[], bool]) -> str:
    deadline = time.monotonic() + _START_S
    while not (folder / "port").exists():
        log = folder / "log"
        assert is_running(), log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return f"http://127.0.0.1:{(folder / 'port').read_text()}"
