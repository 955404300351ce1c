from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentrig.errors import ReportError
from agentrig.events import EVENT_KINDS, Event, Record, ScenarioStarted
from agentrig.reporters import JOURNAL_FILE, JournalReporter, read_journal
from tests.support.records import every_outcome, publish, records

if TYPE_CHECKING:
    from pathlib import Path

# Any text that a Python string can hold, lone surrogates included.
TEXT = st.text(st.characters(categories=["Ll", "So", "Cc", "Cs"]), max_size=20)
UNICODE = st.text(max_size=20)
NUMBERS = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def events() -> st.SearchStrategy[Event]:
    st.register_type_strategy(float, NUMBERS)
    st.register_type_strategy(str, UNICODE)
    return st.one_of([st.from_type(cls) for cls in EVENT_KINDS.values()])


def write(file: Path, what: list[Event]) -> bytes:
    stream = publish(what, [JournalReporter(file)])
    assert stream.problems == []
    return file.read_bytes()


@pytest.fixture
def journal(tmp_path: Path) -> bytes:
    return write(tmp_path / JOURNAL_FILE, every_outcome())


def read(content: bytes) -> list[Record]:
    return list(read_journal(content, name="events.jsonl"))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(events(), max_size=6))
def test_every_event_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, what: list[Event]
) -> None:
    content = write(tmp_path_factory.mktemp("journal") / JOURNAL_FILE, what)
    assert read(content) == records(what)


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_no_text_breaks_the_journal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Lone surrogates come from file names and from sloppy JSON; they are no UTF-8."""
    content = write(
        tmp_path_factory.mktemp("journal") / JOURNAL_FILE,
        [ScenarioStarted(scenario=text), ScenarioStarted(scenario="next")],
    )
    first, second = (record.event for record in read(content))
    assert isinstance(first, ScenarioStarted)
    assert len(first.scenario) == len(text)
    assert second == ScenarioStarted(scenario="next")


def test_each_line_is_there_as_soon_as_it_was_said(tmp_path: Path) -> None:
    file = tmp_path / JOURNAL_FILE
    reporter = JournalReporter(file)
    for number, record in enumerate(records(every_outcome()), start=1):
        reporter.receive(record)
        assert len(read(file.read_bytes())) == number
    reporter.close()


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), max_size=5), st.data())
def test_cut_at_any_byte_a_journal_is_a_prefix_of_itself(
    tmp_path_factory: pytest.TempPathFactory, what: list[Event], data: st.DataObject
) -> None:
    content = write(tmp_path_factory.mktemp("journal") / JOURNAL_FILE, what)
    cut = content[: data.draw(st.integers(0, len(content)))]
    found = read(cut)
    assert found == records(what)[: len(found)]
    # A line that lacks nothing but its end counts as well.
    assert len(found) - cut.count(b"\n") in {0, 1}


def test_a_journal_of_an_earlier_agentrig_is_read(journal: bytes) -> None:
    """What has come to the events since then has a default."""
    lines = [json.loads(line) for line in journal.splitlines()]
    for line in lines:
        for name in ("shards", "phase", "attempts", "flaky", "iterations"):
            line["event"].pop(name, None)
    old = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert b"flaky" in journal
    assert b"flaky" not in old
    assert read(old) == read(journal)


def test_wherever_the_journal_is_cut_its_whole_lines_are_read(journal: bytes) -> None:
    whole = read(journal)
    for size in range(0, len(journal), 31):
        cut = journal[:size]
        # A line that lacks nothing but its end counts as well.
        assert len(read(cut)) - cut.count(b"\n") in {0, 1}
        assert read(cut) == whole[: len(read(cut))]


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"{",
        b"5",
        b"[]",
        b"null",
        b"{}",
        b'{"kind": []}',
        b'{"kind":"scenario.started"}',
        (
            b'{"kind":"scenario.started","version":1,"run":"r","shard":0,"attempt":0,"seq":0,'
            b'"time":"2026-01-01T00:00:00Z","event":{}}'
        ),
        (
            b'{"kind":"scenario.started","version":1,"run":5,"shard":0,"attempt":0,"seq":0,'
            b'"time":"2026-01-01T00:00:00Z","event":{"scenario":"s"}}'
        ),
        (
            b'{"kind":"scenario.started","version":"1","run":"r","shard":0,"attempt":0,"seq":0,'
            b'"time":"2026-01-01T00:00:00Z","event":{"scenario":"s"}}'
        ),
        (
            b'{"kind":"scenario.started","version":1,"run":"r","shard":0,"attempt":0,"seq":0,'
            b'"time":null,"event":{"scenario":"s"}}'
        ),
        (
            b'{"kind":"scenario.started","version":1,"run":"r","shard":0,"attempt":0,"seq":0,'
            b'"time":"2026-13-01T00:00:00Z","event":{"scenario":"s"}}'
        ),
        b"\xff\xfe",
        b'"' + b"[" * 10_000,
        b"[" * 10_000,
    ],
    ids=lambda line: line[:60].decode(errors="replace"),
)
def test_garbage_in_the_middle_is_named_by_file_and_line(journal: bytes, line: bytes) -> None:
    first, rest = journal.split(b"\n", 1)
    with pytest.raises(ReportError, match=r"^events\.jsonl:2: not a record of a journal: .+"):
        read(first + b"\n" + line + b"\n" + rest)


def test_a_mistake_in_an_event_names_its_field(journal: bytes) -> None:
    bad = journal.replace(b'"exit_code":1', b'"exit_code":"one"')
    with pytest.raises(ReportError, match="exit_code"):
        read(bad)


@pytest.mark.parametrize(
    "change", [(b'"version":1', b'"version":2'), (b'"run.started"', b'"run.dreamt"')]
)
def test_a_newer_journal_is_refused_with_the_way_out(
    journal: bytes, change: tuple[bytes, bytes]
) -> None:
    with pytest.raises(ReportError, match=r"events\.jsonl:1: .* is of a newer agentrig"):
        read(journal.replace(*change, 1))


def test_empty_lines_and_carriage_returns_do_no_harm(journal: bytes) -> None:
    assert read(journal.replace(b"\n", b"\r\n\n")) == read(journal)


def test_a_second_run_begins_a_new_journal(tmp_path: Path) -> None:
    file = tmp_path / JOURNAL_FILE
    write(file, every_outcome())
    assert len(read(write(file, [ScenarioStarted(scenario="s")]))) == 1
