"""What a run leaves goes into its store, however often that is away."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentrig.errors import StoreError
from agentrig.events import ArtifactSaved, RunFinished
from agentrig.reporters import JournalReporter, read_journal
from agentrig.store import (
    FolderStore,
    Pace,
    StoreReporter,
    Upload,
    claim_attempt,
    stored_attempts,
)
from tests.support.broken_store import BrokenStore
from tests.support.records import every_outcome, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from agentrig.events import Event, Record
    from agentrig.store import StoredAttempt
    from agentrig.stream import EventStream

QUICK = Pace(every_s=0.01, again_s=0.01, at_most_s=0.05, patience_s=0.5)
PATIENT = Pace(every_s=0.01, again_s=0.01, at_most_s=0.05, patience_s=60)


@pytest.fixture
def store(tmp_path: Path) -> BrokenStore:
    return BrokenStore(tmp_path / "store")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def keep(
    store: BrokenStore,
    results: Path,
    *,
    attempt: int = 1,
    pace: Pace = PATIENT,
    events: Iterable[Event] = (),
) -> EventStream:
    """Make a run whose results are kept, and end it."""
    reporter = StoreReporter(store, run="run", shard=0, attempt=attempt, results=results, pace=pace)
    journal = JournalReporter(results / "events.jsonl")
    return publish([*(events or every_outcome())], [reporter, journal], run="run")


def kept(store: FolderStore) -> StoredAttempt:
    (found,) = stored_attempts(store, "run")
    return found


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_all_that_a_run_leaves_is_kept(store: BrokenStore, results: Path) -> None:
    (results / "artifacts/deep").mkdir(parents=True)
    (results / "artifacts/deep/a.png").write_bytes(b"png")
    (results / "junit.xml").write_bytes(b"<xml/>")
    (results / "private.txt").write_bytes(b"nobody asked for it")
    stream = keep(store, results, attempt=claim_attempt(store, "run", 0))
    assert stream.problems == []
    found = kept(store)
    assert {name for name in found.files if not name.startswith("journal/")} == {
        *("claim.json", "events.jsonl", "junit.xml", "artifacts/deep/a.png")
    }
    assert found.journal() == (results / "events.jsonl").read_bytes()
    assert store.get(found.files["artifacts/deep/a.png"].key) == b"png"


def test_a_link_in_the_results_leads_nowhere(store: BrokenStore, results: Path) -> None:
    secret = results.parent / "token"
    secret.write_bytes(b"secret")
    (results / "artifacts").mkdir()
    (results / "artifacts/link").symlink_to(secret)
    (results / "artifacts/folder").symlink_to(results.parent)
    assert keep(store, results).problems == []
    # A report is no link, unless somebody means to have something else read.
    (results / "junit.xml").symlink_to(secret)
    (problem,) = keep(store, results, attempt=2).problems
    assert "Too many levels of symbolic links" in str(problem)
    names = {name for one in stored_attempts(store, "run") for name in one.files}
    assert {one for one in names if not one.startswith("journal/")} == {"events.jsonl"}


def test_the_journal_is_kept_while_it_grows(store: BrokenStore, results: Path) -> None:
    reporter = StoreReporter(store, run="run", shard=0, attempt=1, results=results, pace=PATIENT)
    stop = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not stop.wait(0.002):
            journal = [one.journal() for one in stored_attempts(store, "run")]
            if journal:
                assert (results / "events.jsonl").read_bytes().startswith(journal[0])
                seen.append(journal[0].count(b"\n"))

    class Slowly:
        def receive(self, _: object) -> None:
            time.sleep(0.02)

        def close(self) -> None:
            pass

    looking = threading.Thread(target=look)
    looking.start()
    try:
        journal = JournalReporter(results / "events.jsonl")
        publish(every_outcome(), [reporter, journal, Slowly()], run="run")
    finally:
        stop.set()
        looking.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "it came in pieces"


def test_an_artifact_is_kept_while_the_run_goes_on(store: BrokenStore, results: Path) -> None:
    """A run that is killed has not lost it."""
    (results / "artifacts").mkdir()
    (results / "artifacts/a.png").write_bytes(b"png")
    (results / "artifacts/half").write_bytes(b"not yet saved")
    saved = ArtifactSaved(
        scenario="a", name="a", path="artifacts/a.png", media_type="image/png", size=3
    )
    other = ArtifactSaved(
        scenario="a", name="a", path="artifacts/../../token", media_type="text/plain", size=3
    )
    (results.parent / "token").write_bytes(b"secret")
    reporter = StoreReporter(store, run="run", shard=0, attempt=1, results=results, pace=PATIENT)
    journal = JournalReporter(results / "events.jsonl")
    for record in read_journal(_journal([other, saved], results), name="x"):
        journal.receive(record)
        reporter.receive(record)
    until(lambda: any("artifacts/" in one for one in store.calls))
    until(lambda: stored_attempts(store, "run")[0].files.keys() >= {"artifacts/a.png"})
    assert "artifacts/half" not in kept(store).files
    journal.close()
    reporter.close()
    assert store.calls.count("runs/run/shard=0/attempt=1/artifacts/a.png") == 1
    assert "artifacts/half" in kept(store).files
    assert not [one for one in store.calls if "token" in one]


def test_no_record_waits_for_the_store(store: BrokenStore, results: Path) -> None:
    store.hang = threading.Event()
    reporter = StoreReporter(store, run="run", shard=0, attempt=1, results=results, pace=PATIENT)
    journal = JournalReporter(results / "events.jsonl")
    *events, _ = every_outcome()
    # It ends: nothing but `close` waits.
    for reporter_record in read_journal(_journal(events, results), name="x"):
        reporter.receive(reporter_record)
        journal.receive(reporter_record)
    until(lambda: store.calls)
    store.hang.set()
    journal.close()
    reporter.close()
    assert kept(store).journal() == (results / "events.jsonl").read_bytes()


def _journal(events: list[Event], results: Path) -> bytes:
    file = results.parent / "other.jsonl"
    publish(events, [JournalReporter(file)], run="run")
    return file.read_bytes()


def test_a_store_that_comes_back_has_everything(store: BrokenStore, results: Path) -> None:
    store.is_away = True
    tries = 0

    def comes_back(_: str) -> None:
        nonlocal tries
        tries += 1
        store.is_away = tries < 6

    store.on_call = comes_back
    stream = keep(store, results, attempt=0)
    assert stream.problems == []
    assert kept(store).attempt == 1
    assert kept(store).journal() == (results / "events.jsonl").read_bytes()


def test_a_store_that_stays_away_is_told_and_what_to_do(store: BrokenStore, results: Path) -> None:
    store.is_away = True
    *events, _ = every_outcome()
    events.append(RunFinished(exit_code=0, elapsed_ms=1))
    stream = keep(store, results, events=events, pace=QUICK)
    (problem,) = stream.problems
    assert str(problem) == (
        "the results are not all in the store: "
        "nothing got there within 0.5 s: the store is away; "
        f"they are in '{results}', and "
        f"`agentrig report store {results} --store {store.url}` puts them there"
    )


def test_a_store_that_never_answers_is_waited_for_in_bounds(
    store: BrokenStore, results: Path
) -> None:
    store.hang = threading.Event()
    begin = time.monotonic()
    stream = keep(store, results, pace=QUICK)
    assert time.monotonic() - begin < 20
    assert "nothing got there within 0.5 s" in str(stream.problems[0])
    store.hang.set()


def test_who_waits_no_longer_is_told_what_to_do(store: BrokenStore, results: Path) -> None:
    store.hang = threading.Event()

    class Hurries:
        def receive(self, record: Record) -> None:
            if isinstance(record.event, RunFinished):
                reporter.hurry()

        def close(self) -> None:
            pass

    pace = Pace(every_s=0.01, again_s=0.01, patience_s=300, hurried_s=0.3)
    reporter = StoreReporter(store, run="run", shard=0, attempt=1, results=results, pace=pace)
    journal = JournalReporter(results / "events.jsonl")
    (problem,) = publish(every_outcome(), [reporter, journal, Hurries()], run="run").problems
    assert "nothing got there within 0.3 s; they are in" in str(problem)
    store.hang.set()


def test_a_store_that_refuses_is_asked_no_longer(store: BrokenStore, results: Path) -> None:
    store.is_away = store.lasting = True
    begin = time.monotonic()
    stream = keep(store, results, pace=Pace(patience_s=300))
    assert time.monotonic() - begin < 60
    assert "the store is away" in str(stream.problems[0])


def test_a_slow_store_is_waited_for_while_something_gets_there(
    store: BrokenStore, results: Path
) -> None:
    (results / "artifacts").mkdir()
    for number in range(40):
        (results / f"artifacts/{number}").write_bytes(b"x")
    store.on_call = lambda _: time.sleep(0.15)
    stream = keep(store, results, pace=QUICK)
    assert stream.problems == []
    assert len(kept(store).files) >= 41


def test_an_artifact_that_is_gone_is_no_trouble(store: BrokenStore, results: Path) -> None:
    (results / "artifacts").mkdir()
    for name in ("a", "b", "c"):
        (results / f"artifacts/{name}").write_bytes(b"x")

    def take_away(key: str) -> None:
        if key.endswith("events.jsonl"):
            (results / "artifacts/b").unlink()

    store.on_call = take_away
    stream = keep(store, results)
    assert stream.problems == []
    names = {one for one in kept(store).files if one.startswith("artifacts/")}
    assert names == {"artifacts/a", "artifacts/c"}


def test_a_working_directory_that_changes_is_no_trouble(
    store: BrokenStore, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(results.parent)
    reporter = StoreReporter(
        store, run="run", shard=0, attempt=1, results=results.relative_to(results.parent)
    )
    journal = JournalReporter(results / "events.jsonl")

    class Moves:
        def receive(self, _: object) -> None:
            os.chdir("/")

        def close(self) -> None:
            pass

    assert publish(every_outcome(), [reporter, journal, Moves()], run="run").problems == []
    assert kept(store).is_whole


LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"") + b"\n"))
ACTS = st.sampled_from(["follow", "away", "lost", "killed"])


@settings(deadline=None)
@given(st.lists(st.tuples(LINES, ACTS), max_size=12), st.binary(max_size=10))
def test_whatever_happens_on_the_way_the_journal_is_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[list[bytes], str]], cut: bytes
) -> None:
    """A killed upload leaves a prefix of whole lines, and one that goes on leaves all of them."""
    folder = tmp_path_factory.mktemp("kept")
    store = BrokenStore(folder / "store")
    file = folder / "events.jsonl"
    file.write_bytes(b"")
    attempt = claim_attempt(store, "run", 0)
    upload = Upload(store, run="run", shard=0, attempt=attempt, results=folder)
    followed, written = b"", b""
    for lines, act in turns:
        with file.open("ab") as journal:
            journal.write(b"".join(lines))
        written += b"".join(lines)
        store.is_away, store.lose_answers = act == "away", act == "lost"
        try:
            upload.follow()
            followed = written
        except StoreError:
            pass
        if act == "killed":
            break
        assert written.startswith(kept(store).journal())
        assert kept(store).journal().startswith(followed)
    store.is_away = store.lose_answers = False
    # A line that is half written is none.
    half = cut.replace(b"\n", b"")
    with file.open("ab") as journal:
        journal.write(half)
    upload.follow()
    assert kept(store).journal() == written
    upload.finish()
    assert kept(store).journal() == written + half


def test_a_piece_that_arrives_late_overwrites_nothing(store: BrokenStore, results: Path) -> None:
    """A put that was given up may still get there, after the one that came in its place."""
    journal = results / "events.jsonl"
    journal.write_bytes(b"one\n")
    upload = Upload(store, run="run", shard=0, attempt=1, results=results)
    store.is_away = True
    with pytest.raises(StoreError):
        upload.follow()
    late = journal.read_bytes()
    store.is_away = False
    with journal.open("ab") as more:
        more.write(b"two\n")
    upload.follow()
    store.put(store.calls[0], late)
    assert kept(store).journal() == b"one\ntwo\n"


def test_pieces_are_bounded_and_lines_are_whole(
    store: BrokenStore, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentrig.store._upload.MAX_PIECE_BYTES", 100)
    lines = [b"x" * size + b"\n" for size in (10, 20, 1000, 10, 99, 250, 1)]
    (results / "events.jsonl").write_bytes(b"".join(lines))
    Upload(store, run="run", shard=0, attempt=1, results=results).follow()
    found = kept(store)
    assert found.journal() == b"".join(lines)
    sizes = [one.size for name, one in found.files.items() if name.startswith("journal/")]
    assert sizes == [32, 1012, 100, 253]
