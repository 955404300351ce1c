"""A pod that is evicted in the middle of its shard: its replacement goes on from S3."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from e2e.commands import kubectl, until
from e2e.receiver import node_address, running_receiver
from e2e.test_reporting import BUCKET, report, store_values
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from e2e.receiver import Receiver
    from tests.support.s3_server import S3Server

# A scenario tells the receiver that it runs, and takes its time.
SCENARIO = """
name: Number {number}
steps:
  - {{endpoint: '{url}', path: /{number}, expect: {{status: 200}}}}
  - {{name: Pause, wait: 2s}}
"""
SCENARIOS = 12


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """A real S3 server that pods can reach, with a bucket."""
    with s3_server(tmp_path / "s3", host=node_address()) as server:
        server.fill(BUCKET)
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that knows what has run."""
    with running_receiver() as server:
        yield server


def evict(pod: Any) -> None:
    """Ask for an eviction, as the drain of a node does."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    place = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    kubectl("create", "--raw", place, "-f", "-", stdin=json.dumps(eviction))


def log_of(pod: Any) -> str:
    return kubectl("logs", pod["metadata"]["name"], "-n", pod["metadata"]["namespace"], check=False)


def test_the_replacement_of_an_evicted_pod_goes_on(
    launch: Any, namespace: str, s3: S3Server, receiver: Receiver, tmp_path: Path
) -> None:
    files = {
        f"s{number:02}.yaml": SCENARIO.format(number=number, url=receiver.url)
        for number in range(SCENARIOS)
    }
    started = launch(
        {
            "mode": "sharded",
            "shards": {"count": 2},
            "scenarios": {"inline": files},
            "run": {"args": ["--concurrency=1"]},
            "results": {"store": store_values(s3, namespace)},
        }
    )
    evicted = started.begun_pod()
    until(lambda: log_of(evicted).count(" passed in ") >= 2, "two scenarios of a shard")
    evict(evicted)
    ended = started.ended()

    assert (ended.code, ended.condition[0]) == (0, "Complete"), ended.output
    summary = ended.summary
    assert summary["counts"] == {"passed": SCENARIOS}
    assert (summary["planned"], summary["total"], summary["not_run"]) == (SCENARIOS, SCENARIOS, [])
    # What had ended before the eviction was kept, and is told once; the rest ran afterwards.
    kept = [one["id"] for one in summary["scenarios"] if one["attempt"] == 1]
    assert len(kept) == summary["kept"] >= 2
    assert sorted(part["attempt"] for part in summary["parts"]) == [1, 2]
    asked = Counter(one.path.strip("/") for one in receiver.received)
    assert {*asked} == {str(number) for number in range(SCENARIOS)}
    numbers = [str(int(name.rpartition("/")[2][1:3])) for name in kept]
    assert [asked[number] for number in numbers] == [1] * len(kept), asked
    # At most one was under way when the pod was told to end, and ran again.
    assert sum(asked.values()) <= SCENARIOS + 1, asked
    [replacement] = [pod for pod in started.pods() if index_of(pod) == index_of(evicted)]
    assert f"{len(kept)} of " in log_of(replacement)
    assert "continue from attempt 1" in log_of(replacement)

    # The bucket alone tells the same.
    address = f"s3://{BUCKET}/{namespace}/runs/{summary['run']}"
    code, stored = report(address, tmp_path / "stored", s3)
    assert (code, stored["counts"]) == (0, {"passed": SCENARIOS})
    assert stored["kept"] == len(kept)


def index_of(pod: Any) -> str:
    index: str = pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]
    return index
