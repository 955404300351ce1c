"""Who makes which attempt, and what is kept of each."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.errors import UsageError
from agentrig.store import (
    FolderStore,
    attempt_folder,
    claim_attempt,
    run_folder,
    stored_attempts,
    stored_runs,
)

if TYPE_CHECKING:
    from pathlib import Path

NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def test_attempts_are_counted_for_each_shard(store: FolderStore) -> None:
    claimed = [claim_attempt(store, "run", shard) for shard in (1, 1, 2, 0, 1, 2)]
    assert claimed == [1, 2, 1, 1, 3, 2]
    assert claim_attempt(store, "run2", 1) == 1


def test_an_attempt_is_had_by_one_alone(store: FolderStore) -> None:
    start = threading.Barrier(8)

    def claim(_: int) -> int:
        start.wait()
        return claim_attempt(store, "run", 1)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [*range(1, 9)]


def test_what_is_kept_is_listed_in_order(store: FolderStore) -> None:
    for shard in (10, 2, 2):
        claim_attempt(store, "run", shard, now=lambda: NOON)
    store.put(attempt_folder("run", 2, 1) + "artifacts/a/b.png", b"png")
    store.put(run_folder("run") + "merged/events.jsonl", b"no attempt")
    store.put(run_folder("run") + "shard=x/attempt=1/events.jsonl", b"no shard")
    store.put(run_folder("run") + "shard=3/attempt=0/events.jsonl", b"no attempt")
    store.put(run_folder("run-2") + "shard=1/attempt=1/claim.json", b"another run")
    found = stored_attempts(store, "run")
    assert [(one.shard, one.attempt) for one in found] == [(2, 1), (2, 2), (10, 1)]
    assert {one.claimed for one in found} == {NOON}
    assert all(one.host for one in found)
    assert [*found[0].files] == ["artifacts/a/b.png", "claim.json"]
    assert stored_attempts(store, "nobody") == []


@pytest.mark.parametrize(
    "claim", [b"", b'{"run":"ru', b"[]", b'{"claimed": 5}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_claim_that_cannot_be_read_is_one_all_the_same(store: FolderStore, claim: bytes) -> None:
    store.put(attempt_folder("run", 1, 1) + "claim.json", claim)
    (found,) = stored_attempts(store, "run")
    assert (found.attempt, found.host) == (1, "")
    assert dt.datetime.now(dt.UTC) - found.claimed < dt.timedelta(minutes=5)
    assert claim_attempt(store, "run", 1) == 2


def test_a_claim_says_who_made_it(store: FolderStore) -> None:
    claim_attempt(store, "run", 0, now=lambda: NOON)
    said = json.loads(store.get("runs/run/shard=0/attempt=1/claim.json"))
    assert said.pop("host")
    assert said.pop("token")
    assert said == {"run": "run", "shard": 0, "attempt": 1, "claimed": "2026-01-02T12:00:00Z"}


def test_a_journal_is_its_parts_in_order_until_it_is_whole(store: FolderStore) -> None:
    folder = attempt_folder("run", 1, 1)
    claim_attempt(store, "run", 1)
    assert stored_attempts(store, "run")[0].journal() == b""
    store.put(folder + "journal/0000000002.jsonl", b"three\n")
    store.put(folder + "journal/0000000000.jsonl", b"one\ntwo\n")
    # What lies behind a part that is missing is no continuation.
    store.put(folder + "journal/0000000009.jsonl", b"ten\n")
    (found,) = stored_attempts(store, "run")
    assert (found.is_whole, found.journal()) == (False, b"one\ntwo\nthree\n")
    store.put(folder + "events.jsonl", b"one\ntwo\nthree\nfour\n")
    (found,) = stored_attempts(store, "run")
    assert (found.is_whole, found.journal()) == (True, b"one\ntwo\nthree\nfour\n")


@given(st.text(min_size=1, max_size=15))
def test_any_name_of_a_run_is_kept_and_given_back(
    tmp_path_factory: pytest.TempPathFactory, run: str
) -> None:
    store = FolderStore(tmp_path_factory.mktemp("store"))
    claim_attempt(store, run, 0)
    claim_attempt(store, "other", 0)
    assert stored_runs(store) == sorted({run, "other"})
    assert [one.run for one in stored_attempts(store, run)] == [run]
    assert run_folder(run).count("/") == 2


@pytest.mark.parametrize(
    ("run", "folder"),
    [
        ("..", "%2E."),
        (".", "%2E"),
        ("../../etc", "%2E.%2F..%2Fetc"),
        ("20260102-1", "20260102-1"),
        ("nightly #7", "nightly%20%237"),
        ("a%2Fb", "a%252Fb"),
    ],
)
def test_names_are_escaped(store: FolderStore, run: str, folder: str) -> None:
    assert run_folder(run) == f"runs/{folder}/"
    claim_attempt(store, run, 0)
    assert [*store.folders("runs/")] == [folder]


@pytest.mark.parametrize("run", ["", "x" * 201, "\N{SNOWMAN}" * 30])
def test_a_name_that_no_file_can_have_is_refused(store: FolderStore, run: str) -> None:
    with pytest.raises(UsageError, match="its name has to have between 1 and 200 letters"):
        claim_attempt(store, run, 0)


def test_folders_that_are_of_no_run_are_left_out(store: FolderStore) -> None:
    for folder in ("..x", "a%zz", "%41", "ok"):
        store.put(f"runs/{folder}/shard=0/attempt=1/claim.json", b"{}")
    assert stored_runs(store) == ["ok"]
