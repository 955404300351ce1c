"""A store in a folder: objects whole or not at all, claims that one alone gets."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import NotStoredError, StoreError, UsageError
from agentrig.store import FolderStore, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "deep" / "store")


def test_what_is_put_can_be_got(store: FolderStore, tmp_path: Path) -> None:
    store.put("a/b.json", b"{}")
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    store.put_file("a/big", tmp_path / "big")
    assert (store.get("a/b.json"), len(store.get("a/big"))) == (b"{}", 3_000_000)
    store.put("a/b.json", b"[]")
    assert store.get("a/b.json") == b"[]"


@pytest.mark.parametrize("key", ["a", "a/b", "a/b/c", "a/b.json/d"])
def test_what_is_not_there_is_told(store: FolderStore, key: str) -> None:
    store.put("a/b.json", b"{}")
    store.put("a/b/d", b"")
    with pytest.raises(NotStoredError, match=f"has no '{key}'"):
        store.get(key)


def test_a_prefix_is_of_the_key_and_not_of_a_folder(store: FolderStore) -> None:
    for key in ("runs/a/x", "runs/a-b/y", "runs/a.txt", "other"):
        store.put(key, b"12")
    assert [one.key for one in store.list("runs/a")] == ["runs/a-b/y", "runs/a.txt", "runs/a/x"]
    assert [one.key for one in store.list("runs/a/")] == ["runs/a/x"]
    assert [(one.key, one.size) for one in store.list("o")] == [("other", 2)]
    assert len([*store.list("")]) == 4
    assert [*store.list("nothing/at/all")] == []
    assert sorted(store.folders("runs/")) == ["a", "a-b"]
    assert [*store.folders("nothing/")] == []


def test_what_a_killed_writer_leaves_is_not_listed(store: FolderStore, tmp_path: Path) -> None:
    store.put("a/b", b"")
    (tmp_path / "deep/store/a/.agentrig-0011223344556677").write_bytes(b"half")
    assert [one.key for one in store.list("")] == ["a/b"]


def test_who_finds_what_is_created_finds_all_of_it(store: FolderStore, tmp_path: Path) -> None:
    content = b"x" * 20_000_000
    file = tmp_path / "deep/store/a"
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(store.create, "a", content)
        while not file.exists():
            pass
        assert file.stat().st_size == len(content)
        assert made.result()


@pytest.mark.parametrize("has_links", [True, False])
def test_of_many_at_once_one_creates(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    if not has_links:

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    start = threading.Barrier(8)

    def create(number: int) -> bool:
        start.wait()
        return store.create("runs/a/claim.json", b"%d" % number)

    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(create, range(8))]
    assert made.count(True) == 1
    assert store.get("runs/a/claim.json") == b"%d" % made.index(True)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\0b", "a\\b"])
def test_no_key_leads_out_of_the_store(store: FolderStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"outside")
    calls: list[Callable[[], object]] = [
        lambda: store.put(key, b""),
        lambda: store.create(key, b""),
        lambda: store.get(key),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="no key of a store"):
            call()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file")
    with pytest.raises(
        StoreError, match=r"cannot write 'a' in store .*file: (File exists|Not a d)"
    ):
        store.put("a", b"")
    with pytest.raises(StoreError, match=r"cannot list 'a/' in store .*file: Not a directory"):
        [*store.folders("a/")]


# A limit of the process stands for a full disk: both let a part of a write through.
FULL = """
import sys
from pathlib import Path
from agentrig.errors import StoreError
from agentrig.store import FolderStore
store = FolderStore(Path(sys.argv[1]))
store.put("a", b"before")
for call in (store.put, store.create):
    for key in ("a", "b"):
        try:
            print(call(key, b"x" * 100_000))
        except StoreError as error:
            print(error)
"""


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    folder = tmp_path / "store"
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)],
        preexec_fn=limit,  # one thread alone has been started here
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.splitlines() == [
        f"cannot write 'a' in store {folder}: File too large",
        f"cannot write 'b' in store {folder}: File too large",
        "False",
        f"cannot write 'b' in store {folder}: File too large",
    ], ran.stderr
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == {"a": b"before"}


@pytest.mark.parametrize("url", ["", " ", "http://x/y", "s4://x/y", "file:///x"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no store: write s3://BUCKET/PREFIX, or a folder"):
        open_store(url)


def test_the_address_is_kept_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("kept")
    assert store.url == "kept"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    store.put("a", b"")
    assert (tmp_path / "kept" / "a").exists()
