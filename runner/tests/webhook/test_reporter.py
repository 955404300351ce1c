"""Which runs are told of, and by whom."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from agentrig.errors import ReportWarning, StoreError, UsageError
from agentrig.events import Outcome, RunFinished
from agentrig.reporters.journal import encode
from agentrig.store import FolderStore, attempt_folder
from agentrig.stream import EventStream
from agentrig.webhook import WebhookReporter, WebhookSettings, webhook_settings
from tests.support.records import finished, planned, started
from tests.support.webhook_server import SECRET, Answer

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Event, Record
    from tests.support.webhook_server import WebhookServer

BAD = {Outcome.FAILED: 1, Outcome.ERROR: 3, Outcome.PASSED: 0}


def settings_of(url: str, **more: Any) -> WebhookSettings:
    made = webhook_settings(url=url, **more)
    assert made
    return made


def events_of(outcome: Outcome, *, shard: int = 0, shards: int = 1) -> list[Event]:
    names = [f"s{number}.yaml" for number in range(shards)]
    own = [names[shard - 1]] if shard else names
    start = replace(
        started(planned(name) for name in own),
        shards=shards,
        total=len(names) if shard else None,
        places=(shard - 1,) if shard else (),
    )
    ended = [finished(name, outcome, "why not") for name in own]
    return [start, *ended, RunFinished(exit_code=BAD[outcome], elapsed_ms=5.0)]


class _Kept:
    """Puts the journal into the store at the end, as StoreReporter does."""

    def __init__(self, store: FolderStore, run: str, shard: int, attempt: int) -> None:
        self._store = store
        self._key = attempt_folder(run, shard, attempt)
        self._content = b""
        store.create(self._key + "claim.json", b"{}")

    def receive(self, record: Record) -> None:
        self._content += encode(record)

    def close(self) -> None:
        self._store.put(self._key + "events.jsonl", self._content)


def ran(
    settings: WebhookSettings,
    outcome: Outcome,
    *,
    run: str = "r1",
    shard: int = 0,
    shards: int = 1,
    attempt: int = 1,
    store: FolderStore | None = None,
    minute: int = 0,
) -> list[str]:
    """Make a run with a webhook; give its warnings."""
    reporters: list[Any] = [WebhookReporter(settings, store=store)]
    if store:
        reporters.append(_Kept(store, run, shard, attempt))
    stream = EventStream(
        run=run,
        reporters=reporters,
        shard=shard,
        attempt=attempt,
        now_ms=lambda: 1_767_000_000_000 + minute * 60_000,
    )
    *events, end = events_of(outcome, shard=shard, shards=shards)
    for event in events:
        stream.publish(event)
    assert isinstance(end, RunFinished)
    assert stream.finish(end) == end.exit_code
    assert stream.problems == []
    return stream.warnings


@pytest.mark.parametrize(
    ("when", "told"),
    [("failure", ["failed", "error"]), ("always", ["passed", "failed", "error"])],
)
def test_runs_that_are_told_of(server: WebhookServer, when: str, told: list[str]) -> None:
    settings = settings_of(server.url, when=when)
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR):
        assert ran(settings, outcome) == []
    assert [text.split(": ")[2].split("\n")[0] for text in server.texts] == told


def test_a_change_is_told_and_no_more(server: WebhookServer, tmp_path: Path) -> None:
    settings = settings_of(server.url, when="change", state=str(tmp_path), name="nightly")
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED, Outcome.PASSED, Outcome.PASSED]
    for number, outcome in enumerate(outcomes):
        assert ran(settings, outcome, run=f"r{number}", minute=number) == []
    first_lines = [text.split("\n")[0] for text in server.texts]
    assert first_lines == [
        ":x: nightly: failed (before: passed): 1 failed",
        ":white_check_mark: nightly: passed (before: failed): 1 passed",
    ]


def test_without_a_name_the_place_and_the_labels_are_one(
    server: WebhookServer, tmp_path: Path
) -> None:
    settings = settings_of(server.url, when="change", state=str(tmp_path))
    ran(settings, Outcome.FAILED, run="r1", minute=1)
    ran(settings, Outcome.FAILED, run="r2", minute=2)
    assert len(server.texts) == 1
    assert [one.name for one in (tmp_path / "state").iterdir()] == ["demo"]


def test_a_change_that_could_not_be_told_is_told_by_the_next_run(
    server: WebhookServer, tmp_path: Path
) -> None:
    settings = settings_of(server.url, when="change", state=str(tmp_path))
    server.answers = [Answer(status=404, body="gone"), Answer()]
    (warning,) = ran(settings, Outcome.FAILED, run="r1", minute=1)
    assert warning == "webhook 127.0.0.1: the message was not sent: status 404: gone"
    assert ran(settings, Outcome.FAILED, run="r2", minute=2) == []
    assert ran(settings, Outcome.FAILED, run="r3", minute=3) == []
    assert len(server.texts) == 2


class _Away(FolderStore):
    def create(self, key: str, content: bytes) -> bool:
        if "/webhook/" in key:
            raise StoreError("the bucket is away")
        return super().create(key, content)


def test_in_doubt_a_message_is_sent(server: WebhookServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings = settings_of(server.url, when="change", state=str(tmp_path / "file"))
    (warning,) = ran(settings, Outcome.FAILED)
    assert warning.startswith("webhook 127.0.0.1: nobody knows how the last run ended: ")
    assert len(server.texts) == 1
    ran(settings, Outcome.PASSED)
    assert len(server.texts) == 1
    (warning,) = ran(settings_of(server.url), Outcome.FAILED, store=_Away(tmp_path / "store"))
    assert "nobody knows whether another one has told of the run: the bucket is away" in warning
    assert len(server.texts) == 2


def test_the_shard_that_ends_last_tells_of_all(server: WebhookServer, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    settings = settings_of(server.url)
    for shard, outcome in ((2, Outcome.PASSED), (3, Outcome.FAILED), (1, Outcome.PASSED)):
        assert server.texts == []
        assert ran(settings, outcome, shard=shard, shards=3, store=store) == []
    (text,) = server.texts
    assert text.startswith(":x: agentrig: failed: 2 passed, 1 failed\n• *s2.yaml* `s2.yaml`")


def test_of_shards_that_end_at_once_one_tells(server: WebhookServer, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    settings = settings_of(server.url)
    shards = [
        threading.Thread(
            target=ran,
            args=(settings, Outcome.FAILED),
            kwargs={"shard": shard, "shards": 6, "store": store},
        )
        for shard in range(1, 7)
    ]
    for thread in shards:
        thread.start()
    for thread in shards:
        thread.join()
    (text,) = server.texts
    assert "6 failed" in text


def test_a_shard_that_is_run_again_is_waited_for(server: WebhookServer, tmp_path: Path) -> None:
    """Its first attempt was killed: its journal has no end, and nobody tells of the run."""
    store = FolderStore(tmp_path)
    settings = settings_of(server.url)
    _Kept(store, "r1", 1, 1)
    assert ran(settings, Outcome.PASSED, shard=2, shards=2, store=store) == []
    assert server.texts == []
    ran(settings, Outcome.FAILED, shard=1, shards=2, store=store, attempt=2)
    assert len(server.texts) == 1


def test_a_run_that_comes_to_another_outcome_is_told_of_again(
    server: WebhookServer, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path)
    settings = settings_of(server.url, when="always")
    for attempt, outcome in enumerate([Outcome.ERROR, Outcome.ERROR, Outcome.PASSED], 1):
        ran(settings, outcome, attempt=attempt, store=store)
    assert [text.split(": ")[2].split("\n")[0] for text in server.texts] == ["error", "passed"]


def test_without_a_store_each_shard_tells_of_itself(server: WebhookServer) -> None:
    settings = settings_of(server.url)
    for shard in (1, 2):
        ran(settings, Outcome.FAILED, shard=shard, shards=2)
    assert [text.split(": ")[1] for text in server.texts] == [
        "agentrig, shard 1/2",
        "agentrig, shard 2/2",
    ]


def test_results_that_did_not_get_there_do_not_keep_the_shard_quiet(
    server: WebhookServer, tmp_path: Path
) -> None:
    settings = settings_of(server.url)
    reporter = WebhookReporter(settings, store=FolderStore(tmp_path))
    stream = EventStream(run="r", reporters=[reporter], shard=1)
    *events, end = events_of(Outcome.FAILED, shard=1, shards=2)
    for event in events:
        stream.publish(event)
    assert isinstance(end, RunFinished)
    stream.finish(end)
    (warning,) = stream.warnings
    assert "lacks the results of this shard" in warning
    assert len(server.texts) == 1


def test_a_template_that_fails_costs_no_message(server: WebhookServer, tmp_path: Path) -> None:
    (tmp_path / "body").write_text('{"text": {{ labels.environment | tojson }}}')
    settings = settings_of(server.url, template=tmp_path / "body")
    (warning,) = ran(settings, Outcome.FAILED)
    assert "the default message was sent, as the template failed: " in warning
    assert server.texts[0].startswith(":x: agentrig: failed")


def test_a_journal_without_a_beginning_is_no_run(server: WebhookServer) -> None:
    WebhookReporter(settings_of(server.url, when="always")).close()
    assert server.texts == []


def test_a_killed_run_is_told_of_where_its_journal_is_replayed(server: WebhookServer) -> None:
    reporter = WebhookReporter(settings_of(server.url))
    stream = EventStream(run="r", reporters=[reporter])
    stream.publish(events_of(Outcome.PASSED)[0])
    reporter.close()
    assert server.texts[0].startswith(":warning: agentrig: error: 1 not run")


@pytest.mark.parametrize(
    "url",
    [
        f"hooks.example/{SECRET}",
        f"ftp://h/{SECRET}",
        f"https:///{SECRET}",
        f"http://h:99999/{SECRET}",
        f"http://h/{SECRET} x",
        f"http://h/{SECRET}\n",
        f"http://[::1/{SECRET}",
    ],
)
def test_a_url_that_is_none_is_not_repeated(url: str) -> None:
    if url.endswith("\n"):
        assert webhook_settings(url=url)  # as a file of a Secret ends
        return
    with pytest.raises(UsageError) as caught:
        webhook_settings(url=url)
    assert str(caught.value) == "--webhook: what is given is no URL: write https://HOST/PATH"


def test_settings_show_no_secret() -> None:
    settings = settings_of(f"https://user:{SECRET}@hooks.example/a/{SECRET}?key={SECRET}")
    assert SECRET not in repr(settings)
    assert SECRET not in f"{settings}"
    assert settings.host == "hooks.example"
    assert webhook_settings(url=None) is webhook_settings(url=" ") is None


def test_a_warning_is_no_problem() -> None:
    reporter = WebhookReporter(settings_of(f"http://127.0.0.1:9/{SECRET}", when="always"))
    stream = EventStream(run="r", reporters=[reporter])
    for event in events_of(Outcome.FAILED)[:-1]:
        stream.publish(event)
    with pytest.raises(ReportWarning, match=r"^webhook 127.0.0.1: the message was not sent: "):
        reporter.close()
