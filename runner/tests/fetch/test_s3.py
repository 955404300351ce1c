"""`agentrig fetch s3`, from a real server."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.rig import Ran, Rig
    from tests.support.s3_server import S3Server


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.fill("suites", chat__a="one", chat__deep__b="two", chat2__c="other", top="t")
        yield server


@pytest.fixture
def fetch_s3(rig: Rig, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    for name, value in s3.credentials().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def call(url: str, *more: str, endpoint: str = s3.url) -> Ran:
        return rig.here(
            *("fetch", "s3", url, "--endpoint", endpoint, "--path-style"),
            *("--to", str(rig.folder / "out"), "--record", str(rig.folder / "source.json"), *more),
        )

    return call


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".agentrig")
    }


def record(rig: Rig) -> Any:
    return json.loads((rig.folder / "source.json").read_text())


@pytest.mark.parametrize("prefix", ["chat", "chat/", "/chat/"])
def test_a_prefix_is_a_folder(rig: Rig, fetch_s3: Callable[..., Ran], prefix: str) -> None:
    ran = fetch_s3(f"s3://suites/{prefix}")
    assert ran.code == 0, ran.said
    assert files(rig.folder / "out") == {"a": "one", "deep/b": "two"}
    found = record(rig)
    assert found.pop("digest").startswith("sha256:")
    assert found == {"kind": "s3", "url": "s3://suites/chat/", "objects": 2}


def test_a_whole_bucket(rig: Rig, fetch_s3: Callable[..., Ran]) -> None:
    assert fetch_s3("s3://suites").code == 0
    assert set(files(rig.folder / "out")) == {"chat/a", "chat/deep/b", "chat2/c", "top"}


def test_the_digest_follows_the_content(
    rig: Rig, fetch_s3: Callable[..., Ran], s3: S3Server
) -> None:
    s3.fill("digests", x__a="one")
    digests = []
    for text in ("one", "two", "one"):
        s3.put("digests", "x/a", text)
        assert fetch_s3("s3://digests/x").code == 0
        digests.append(record(rig)["digest"])
    assert digests[0] == digests[2] != digests[1]


def test_more_objects_than_one_answer_lists(
    rig: Rig, fetch_s3: Callable[..., Ran], s3: S3Server
) -> None:
    s3.fill("many", **{f"n__{n:04}": str(n) for n in range(1003)})
    ran = fetch_s3("s3://many/n")
    assert ran.code == 0, ran.said
    found = files(rig.folder / "out")
    assert (len(found), found["1002"]) == (1003, "1002")


@pytest.mark.parametrize("url", ["s3://suites/cha", "s3://suites/chat/a", "s3://suites/nothing/"])
def test_nothing_there_is_an_error(rig: Rig, fetch_s3: Callable[..., Ran], url: str) -> None:
    ran = fetch_s3(url)
    assert ran.code == 4
    assert ran.err == f"error: no objects below {url.rstrip('/')}/: is the prefix right?\n"
    assert not (rig.folder / "source.json").exists()


def test_no_bucket(fetch_s3: Callable[..., Ran], s3: S3Server) -> None:
    ran = fetch_s3("s3://nobody/x")
    assert (ran.code, ran.err) == (4, f"error: {s3.url} has no bucket 'nobody'\n")


def test_wrong_credentials(fetch_s3: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    ran = fetch_s3("s3://suites/chat")
    assert ran.code == 3
    assert "refused to read s3://suites/chat/ (SignatureDoesNotMatch)" in ran.err


def test_no_credentials(
    rig: Rig, fetch_s3: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(rig.folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(rig.folder / "none"))
    ran = fetch_s3("s3://suites/chat")
    assert ran.code == 3
    assert "credentials for s3://suites/chat/" in ran.err


def test_nobody_answers(fetch_s3: Callable[..., Ran]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    ran = fetch_s3("s3://suites/chat", endpoint=f"http://127.0.0.1:{port}")
    assert ran.code == 3
    assert f"cannot read s3://suites/chat/ at http://127.0.0.1:{port}" in ran.err


def test_too_much_is_an_error(fetch_s3: Callable[..., Ran], s3: S3Server) -> None:
    s3.fill("big", x__a="x" * 5000)
    ran = fetch_s3("s3://big/x", "--max-bytes", "4k")
    assert ran.code == 4
    assert "s3://big/x/ is larger than 4000 bytes" in ran.err


@pytest.mark.parametrize("size", ["0", "-1", "many", "4x"])
def test_sizes_are_checked(fetch_s3: Callable[..., Ran], size: str) -> None:
    ran = fetch_s3("s3://suites/chat", "--max-bytes", size)
    assert (ran.code, "is no size: write 64Mi" in ran.err) == (4, True)


@pytest.mark.parametrize("url", ["suites/chat", "https://x/y", "s3:///x", "s3://a@b/c"])
def test_other_addresses_are_refused(fetch_s3: Callable[..., Ran], url: str) -> None:
    ran = fetch_s3(url)
    assert (ran.code, "names no bucket: write s3://BUCKET/PREFIX" in ran.err) == (4, True)
