"""A run whose results are kept in S3, while S3 does wrong: nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import ReportError, StoreError
from agentrig.reporters import JournalReporter, read_journal
from agentrig.store import (
    Pace,
    StoreReporter,
    claim_attempt,
    keep_results,
    open_store,
    stored_attempts,
)
from tests.support.records import every_outcome, publish
from tests.support.s3_proxy import Asked, Fault, S3Proxy, s3_proxy
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agentrig.events import Record
    from agentrig.store import Store
    from tests.support.s3_server import S3Server

QUICK = Pace(every_s=0.01, again_s=0.01, at_most_s=0.05, patience_s=2)
PATIENT = Pace(every_s=0.01, again_s=0.01, at_most_s=0.2, patience_s=60)
names = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.fill("results")
        yield server


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Proxy]:
    for name, value in server.credentials().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AGENTRIG_STORE_PATH_STYLE", "true")
    with s3_proxy(server.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        yield proxy


@pytest.fixture
def store(proxy: S3Proxy) -> Store:
    assert proxy.port
    return open_store(f"s3://results/{next(names)}")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    (folder / "artifacts").mkdir(parents=True)
    for number in range(12):
        (folder / f"artifacts/{number}").write_bytes(b"x" * number)
    (folder / "junit.xml").write_bytes(b"<testsuites/>")
    return folder


class Between:
    """Is called between the records, with their number, and takes a while."""

    def __init__(self, call: Callable[[int], object]) -> None:
        self._call = call
        self._count = 0

    def receive(self, _: Record) -> None:
        self._call(self._count)
        self._count += 1
        time.sleep(0.02)

    def close(self) -> None:
        pass


def keep(
    store: Store,
    results: Path,
    *,
    attempt: int = 0,
    pace: Pace = PATIENT,
    between: Callable[[int], object] = lambda _: None,
) -> list[ReportError]:
    """Make a run, and give what went wrong with its reports."""
    kept = StoreReporter(store, run="run", shard=0, attempt=attempt, results=results, pace=pace)
    journal = JournalReporter(results / "events.jsonl")
    return publish(every_outcome(), [kept, journal, Between(between)], run="run").problems


def check_whole(store: Store, results: Path) -> None:
    (found,) = stored_attempts(store, "run")
    journal = (results / "events.jsonl").read_bytes()
    assert found.journal() == journal
    assert len([*read_journal(found.journal(), name="kept")]) == len(every_outcome())
    # Those that were put on the way say the same.
    pieces = {name: one for name, one in found.files.items() if name.startswith("journal/")}
    told = b"".join(store.get(one.key) for _, one in sorted(pieces.items()))
    assert journal.startswith(told)
    for number in range(12):
        assert store.get(found.files[f"artifacts/{number}"].key) == b"x" * number
    assert "junit.xml" in found.files


def sometimes(fault: Fault, *, seed: int, share: float) -> Callable[[Asked], Fault | None]:
    luck = random.Random(seed)
    return lambda _: fault if luck.random() < share else None


FAULTS = {
    "slow": lambda _: Fault(delay_s=0.15),
    "busy": sometimes(Fault(status=503, code="SlowDown"), seed=1, share=0.3),
    "broken": sometimes(Fault(status=500, code="InternalError"), seed=2, share=0.3),
    "dropped": sometimes(Fault(drop=True), seed=3, share=0.3),
    "lost": sometimes(Fault(lose=True), seed=4, share=0.3),
    "truncated": sometimes(Fault(truncate=True), seed=5, share=0.3),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_network_costs_nothing_but_time(
    store: Store, proxy: S3Proxy, results: Path, name: str
) -> None:
    proxy.fault = FAULTS[name]
    assert keep(store, results) == []
    proxy.fault = lambda _: None
    check_whole(store, results)


def test_a_server_that_is_refused_at_the_start_has_everything_in_the_end(
    store: Store, proxy: S3Proxy, results: Path
) -> None:
    proxy.close()
    assert keep(store, results, between=lambda count: proxy.open() if count == 12 else None) == []
    check_whole(store, results)


def test_a_server_that_dies_and_comes_back_has_everything(
    store: Store, proxy: S3Proxy, results: Path
) -> None:
    def die_and_come_back(count: int) -> None:
        if count == 6:
            proxy.close()
        elif count == 16:
            proxy.open()

    assert keep(store, results, attempt=1, between=die_and_come_back) == []
    check_whole(store, results)


def test_a_server_that_stays_away_is_told_and_gets_the_rest_later(
    store: Store, proxy: S3Proxy, results: Path
) -> None:
    attempt = claim_attempt(store, "run", 0)
    (problem,) = keep(
        store,
        results,
        attempt=attempt,
        pace=QUICK,
        between=lambda count: proxy.close() if count == 12 else None,
    )
    assert "the results are not all in the store: " in str(problem)
    assert f"`agentrig report store {results} --store {store.url}` puts them there" in str(problem)
    proxy.open()
    (found,) = stored_attempts(store, "run")
    assert not found.is_whole
    assert (results / "events.jsonl").read_bytes().startswith(found.journal())
    for _ in range(2):
        keep_results(store, results)
    check_whole(store, results)


class Tokens:
    """Temporary credentials, which a server takes until they expire."""

    def __init__(self, folder: Path, proxy: S3Proxy) -> None:
        self.file = folder / "token"
        self.valid = {"first"}
        self.file.write_text("first")
        proxy.fault = self._judge

    def _judge(self, asked: Asked) -> Fault | None:
        known = asked.headers.get("x-amz-security-token") in self.valid
        # The real server has no temporary credentials.
        signed_again = Fault(without=("x-amz-security-token",))
        return signed_again if known else Fault(status=400, code="ExpiredToken")


@pytest.fixture
def tokens(tmp_path: Path, proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """Give credentials that are asked for again before each request, as they end at once."""
    tokens = Tokens(tmp_path, proxy)
    script = tmp_path / "credentials.py"
    made = {"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}
    script.write_text(
        "import datetime, json, pathlib\n"
        "end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=8)\n"
        f"token = pathlib.Path({str(tokens.file)!r}).read_text()\n"
        f"print(json.dumps({{**{json.loads(json.dumps(made))!r}, 'SessionToken': token,"
        " 'Expiration': end.isoformat()}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {script}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return tokens


def test_credentials_that_expire_are_replaced(store: Store, results: Path, tokens: Tokens) -> None:
    def expire(count: int) -> None:
        if count == 6:
            tokens.valid = {"second"}
        elif count == 14:
            tokens.file.write_text("second")

    attempt = claim_attempt(store, "run", 0)
    assert keep(store, results, attempt=attempt, between=expire) == []
    check_whole(store, results)


def test_credentials_that_stay_expired_are_told(
    store: Store, results: Path, tokens: Tokens
) -> None:
    def expire(count: int) -> None:
        if count == 6:
            tokens.valid = {"second"}

    attempt = claim_attempt(store, "run", 0)
    (problem,) = keep(store, results, attempt=attempt, pace=QUICK, between=expire)
    assert "(ExpiredToken)" in str(problem)
    tokens.file.write_text("second")
    keep_results(store, results)
    check_whole(store, results)


def test_a_refusal_ends_at_once(store: Store, proxy: S3Proxy, results: Path) -> None:
    attempt = claim_attempt(store, "run", 0)
    proxy.fault = lambda _: Fault(status=403, code="AccessDenied")
    begin = time.monotonic()
    (problem,) = keep(store, results, attempt=attempt, pace=Pace(patience_s=300))
    assert time.monotonic() - begin < 60
    assert "(AccessDenied): may these credentials do it" in str(problem)


def test_two_that_claim_while_answers_are_lost_never_share_an_attempt(
    store: Store, proxy: S3Proxy
) -> None:
    proxy.fault = sometimes(Fault(lose=True), seed=6, share=0.3)
    claimed = []
    for _ in range(8):
        with_luck = open_store(store.url)
        try:
            claimed.append(claim_attempt(with_luck, "run", 0))
        except StoreError:
            continue
    assert len(claimed) > 3
    assert len(set(claimed)) == len(claimed)
