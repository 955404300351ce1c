"""A store in a bucket, of a real server that is behind a network which does wrong."""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import trustme

from agentrig._s3 import S3Server as Endpoint
from agentrig.errors import NotStoredError, StoreError, UsageError
from agentrig.store import (
    S3Store,
    claim_attempt,
    media_type_of,
    open_store,
    stored_attempts,
    stored_runs,
)
from tests.support.s3_proxy import Asked, Fault, S3Proxy, s3_proxy
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agentrig.store import Store
    from tests.support.s3_server import S3Server

BUCKET = "results"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.fill(BUCKET)
        yield server


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Proxy]:
    for name, value in server.credentials().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AGENTRIG_STORE_PATH_STYLE", "true")
    with s3_proxy(server.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        yield proxy


@pytest.fixture
def url(proxy: S3Proxy, request: pytest.FixtureRequest) -> str:
    assert proxy.port
    return f"s3://{BUCKET}/{abs(hash(request.node.name))}"


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url)


def once(fault: Fault, times: int = 1) -> Callable[[Asked], Fault | None]:
    """Do wrong to the first requests."""
    left = [fault] * times

    def choose(_: Asked) -> Fault | None:
        return left.pop() if left else None

    return choose


def test_what_is_put_can_be_got(store: Store, tmp_path: Path) -> None:
    store.put("a/b.json", b"{}")
    (tmp_path / "big").write_bytes(b"0123456789" * 1_000_000)
    sent: list[int] = []
    store.put_file("a/big", tmp_path / "big", on_progress=sent.append)
    assert store.get("a/b.json") == b"{}"
    assert store.get("a/big") == (tmp_path / "big").read_bytes()
    assert sum(sent) == 10_000_000
    store.put("a/b.json", b"[]")
    assert store.get("a/b.json") == b"[]"


def test_large_files_go_in_parts_and_small_ones_at_once(
    store: Store, proxy: S3Proxy, tmp_path: Path
) -> None:
    (tmp_path / "big").write_bytes(bytes(9 * 1024 * 1024))
    store.put_file("big", tmp_path / "big")
    parts = [one for one in proxy.asked if one.method == "PUT"]
    assert ["partNumber=1" in one.query or "partNumber=2" in one.query for one in parts] == [
        True,
        True,
    ]
    assert not [one for one in proxy.asked if one.method == "DELETE"]


def test_what_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotStoredError, match="has no 'a/c'"):
        store.get("a/c")


def test_a_prefix_is_of_the_key_and_not_of_a_folder(store: Store) -> None:
    for key in ("runs/a/x", "runs/a-b/y", "runs/a.txt", "other"):
        store.put(key, b"12")
    assert [one.key for one in store.list("runs/a")] == ["runs/a-b/y", "runs/a.txt", "runs/a/x"]
    assert [one.key for one in store.list("runs/a/")] == ["runs/a/x"]
    assert [(one.key, one.size) for one in store.list("o")] == [("other", 2)]
    assert [*store.list("nothing/at/all")] == []
    assert sorted(store.folders("runs/")) == ["a", "a-b"]
    assert [*store.folders("nothing/")] == []


def test_a_whole_bucket_is_a_store(proxy: S3Proxy, server: S3Server) -> None:
    server.fill("whole")
    for url in ("s3://whole", "s3://whole/"):
        store = open_store(url)
        claim_attempt(store, "run", 0)
        assert store.url == "s3://whole"
        assert stored_runs(store) == ["run"]
    assert proxy.puts()[0] == "runs/run/shard=0/attempt=1/claim.json"
    assert len(stored_attempts(open_store("s3://whole"), "run")) == 2


def test_media_types_are_told(store: Store, server: S3Server, url: str) -> None:
    for name in ("a.html", "events.jsonl", "a.png", "noend"):
        store.put(name, b"x", media_type=media_type_of(name))
    prefix = url.removeprefix(f"s3://{BUCKET}/")
    types = [
        server.client.head_object(Bucket=BUCKET, Key=f"{prefix}/{name}")["ContentType"]
        for name in ("a.html", "events.jsonl", "a.png", "noend")
    ]
    assert types == [
        *("text/html; charset=utf-8", "application/x-ndjson", "image/png"),
        "application/octet-stream",
    ]


@pytest.mark.parametrize("run", ["../..", "a/b", "nightly #7", "ä+b=c&d?", "%2F", "a b\N{SNOWMAN}"])
def test_any_name_of_a_run_is_kept_and_given_back(store: Store, run: str) -> None:
    assert claim_attempt(store, run, 3) == 1
    assert claim_attempt(store, run, 3) == 2
    assert stored_runs(store) == [run]
    assert [(one.shard, one.attempt) for one in stored_attempts(store, run)] == [(3, 1), (3, 2)]


def test_an_attempt_is_had_by_one_alone(url: str) -> None:
    start = threading.Barrier(6)

    def claim(_: int) -> int:
        store = open_store(url)
        start.wait()
        return claim_attempt(store, "run", 1)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(claim, range(6))) == [1, 2, 3, 4, 5, 6]


def test_an_answer_that_is_lost_takes_no_second_attempt(store: Store, proxy: S3Proxy) -> None:
    def lose_first_put(asked: Asked) -> Fault | None:
        puts = [one for one in proxy.asked if one.method == "PUT"]
        return Fault(lose=True) if asked.method == "PUT" and len(puts) == 1 else None

    proxy.fault = lose_first_put
    assert claim_attempt(store, "run", 1) == 1
    assert [one.attempt for one in stored_attempts(store, "run")] == [1]


def ignores_conditions(asked: Asked) -> Fault | None:
    return Fault(without=("if-none-match",)) if "if-none-match" in asked.headers else None


def knows_no_conditions(asked: Asked) -> Fault | None:
    return Fault(status=501, code="NotImplemented") if "if-none-match" in asked.headers else None


@pytest.mark.parametrize("fault", [ignores_conditions, knows_no_conditions])
def test_a_server_without_conditions_lets_one_alone_create(
    url: str, proxy: S3Proxy, fault: Callable[[Asked], Fault | None]
) -> None:
    proxy.fault = fault
    both_have_put = threading.Barrier(2)
    waits: list[float] = []

    def wait(for_s: float) -> None:
        waits.append(for_s)
        # Alone, if the other one came late and found the object there.
        with suppress(threading.BrokenBarrierError):
            both_have_put.wait(5)

    def create(content: bytes) -> bool:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        server = Endpoint(endpoint=proxy.url, path_style=True)
        store = S3Store(bucket, f"{prefix}/", server=server, sleep=wait)
        return store.create("claim", content)

    with ThreadPoolExecutor(2) as pool:
        made = dict(zip((b"one", b"two"), pool.map(create, (b"one", b"two")), strict=True))
    assert sorted(made.values()) == [False, True]
    assert made[open_store(url).get("claim")]
    assert min(waits) >= 2


def test_every_put_is_encrypted_with_the_key(
    url: str, proxy: S3Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTRIG_STORE_KMS_KEY", "alias/results")
    store = open_store(url)
    (tmp_path / "big").write_bytes(bytes(9 * 1024 * 1024))
    claim_attempt(store, "run", 0)
    store.put("a", b"")
    store.put_file("b", tmp_path / "big")
    # Amazon S3 API reference, UploadPart: a part takes the encryption of its upload.
    begun = [one for one in proxy.asked if one.method == "PUT" and "partNumber" not in one.query]
    begun += [one for one in proxy.asked if one.method == "POST" and "uploads" in one.query]
    assert len(begun) == 4
    for one in begun:
        assert one.headers["x-amz-server-side-encryption"] == "aws:kms", one
        assert one.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/results", one


def test_without_a_key_the_bucket_decides(store: Store, proxy: S3Proxy) -> None:
    claim_attempt(store, "run", 0)
    assert not [
        name for one in proxy.asked for name in one.headers if "server-side-encryption" in name
    ]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, code="SlowDown"),
        Fault(status=500, code="InternalError"),
        Fault(drop=True),
        Fault(lose=True),
        Fault(truncate=True),
    ],
    ids=lambda fault: fault.code or ("drop" if fault.drop else "lose" if fault.lose else "cut"),
)
def test_one_fault_is_passed_over(store: Store, proxy: S3Proxy, fault: Fault) -> None:
    store.put("a", b"0123456789" * 100)
    for call in (
        lambda: store.get("a"),
        lambda: [one.size for one in store.list("")],
        lambda: store.put("a", b"0123456789" * 100),
    ):
        expected = call()
        proxy.fault = once(fault)
        assert call() == expected


def test_a_server_that_is_away_is_told(store: Store, proxy: S3Proxy, url: str) -> None:
    proxy.close()
    with pytest.raises(StoreError) as raised:
        store.put("a", b"")
    assert str(raised.value).startswith(f"cannot write {url}/a at {proxy.url}: Could not connect")
    assert not raised.value.lasting
    proxy.open()
    store.put("a", b"")


def test_a_server_that_keeps_failing_is_told(store: Store, proxy: S3Proxy, url: str) -> None:
    proxy.fault = lambda _: Fault(status=503, code="SlowDown")
    with pytest.raises(StoreError) as raised:
        store.get("a")
    assert str(raised.value) == f"{proxy.url} answered SlowDown for {url}/a: as asked for"
    assert not raised.value.lasting


@pytest.mark.parametrize(
    ("status", "code", "lasting"),
    [
        (403, "AccessDenied", True),
        (403, "SignatureDoesNotMatch", True),
        (403, "RequestTimeTooSkewed", False),
        (400, "ExpiredToken", False),
        (400, "KMS.NotFoundException", True),
        (409, "OperationAborted", False),
        (429, "TooManyRequests", False),
        (500, "InternalError", False),
    ],
)
def test_what_lasts_is_told_from_what_passes(
    store: Store, proxy: S3Proxy, status: int, code: str, *, lasting: bool
) -> None:
    proxy.fault = lambda _: Fault(status=status, code=code)
    with pytest.raises(StoreError, match=code.replace(".", r"\.")) as raised:
        store.put("a", b"")
    assert raised.value.lasting is lasting


def test_a_refusal_says_what_must_be_allowed(store: Store, proxy: S3Proxy, url: str) -> None:
    proxy.fault = lambda _: Fault(status=403, code="AccessDenied")
    with pytest.raises(StoreError) as raised:
        store.put("a", b"")
    assert str(raised.value) == (
        f"{proxy.url} refused to write {url}/a (AccessDenied): may these credentials do it "
        "(s3:PutObject, s3:GetObject, s3:ListBucket, and the key's kms:GenerateDataKey, "
        "kms:Decrypt)?"
    )


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_server_whose_authority_is_known_is_trusted(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: S3Proxy, name: str
) -> None:
    del proxy  # for its environment
    for one in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(one, raising=False)
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(tmp_path / "ca.crt")
    with s3_proxy(server.url, tls=context) as secure:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", secure.url)
        with pytest.raises(StoreError, match="CERTIFICATE_VERIFY_FAILED"):
            claim_attempt(open_store(f"s3://{BUCKET}/{name}"), "run", 0)
        monkeypatch.setenv(name, str(tmp_path / "ca.crt"))
        (tmp_path / "big").write_bytes(bytes(9 * 1024 * 1024))
        store = open_store(f"s3://{BUCKET}/{name}")
        assert claim_attempt(store, "run", 0) == 1
        store.put_file("big", tmp_path / "big")
        assert len(store.get("big")) == 9 * 1024 * 1024


def test_no_bucket(proxy: S3Proxy) -> None:
    with pytest.raises(UsageError, match=f"{proxy.url} has no bucket 'nobody'"):
        claim_attempt(open_store("s3://nobody/x"), "run", 0)


def test_no_credentials(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(StoreError, match="no credentials for s3://") as raised:
        store.put("a", b"")
    assert raised.value.lasting


def test_a_password_in_an_endpoint_is_not_told(
    proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = proxy.url.replace("http://", "http://me:hunter2@")
    proxy.close()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
    with pytest.raises((StoreError, UsageError)) as raised:
        open_store("s3://results/x").put("a", b"")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("url", ["s3://", "s3:///x", "s3://me:secret@b/x"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="names no bucket: write s3://BUCKET/PREFIX") as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["s3://b/a//b", "s3://b/../x", "s3://b/a/./b"])
def test_a_prefix_that_is_no_path_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="its prefix is no path"):
        open_store(url)


def test_a_setting_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRIG_STORE_PATH_STYLE", "perhaps")
    with pytest.raises(UsageError, match="AGENTRIG_STORE_PATH_STYLE=perhaps says neither true nor"):
        open_store("s3://b/x")
