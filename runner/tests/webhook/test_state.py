"""How runs ended, one after the other and at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentrig.store import FolderStore
from agentrig.webhook._state import OutcomeLog

if TYPE_CHECKING:
    from agentrig.webhook._state import Change


def log_in(folder: Path, name: str = "nightly") -> OutcomeLog:
    return OutcomeLog(FolderStore(folder), name)


def note(log: OutcomeLog, outcome: str, run: int) -> Change | None:
    change = log.note(outcome=outcome, run=f"r{run}", began=f"2026-01-01T00:00:{run:02}.000Z")
    if change:
        log.tell(change)
    return change


def test_each_change_is_told_once(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    outcomes = ["passed", "passed", "failed", "failed", "error", "passed", "passed"]
    told = [note(log, outcome, number) for number, outcome in enumerate(outcomes)]
    assert [one and (one.previous, one.state.outcome) for one in told] == [
        None,
        None,
        ("passed", "failed"),
        None,
        ("failed", "error"),
        ("error", "passed"),
        None,
    ]


def test_a_first_run_that_does_not_pass_is_a_change(tmp_path: Path) -> None:
    change = note(log_in(tmp_path), "failed", 1)
    assert change
    assert change.previous is None


def test_names_have_states_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b", "../a", "a/b", ".", "", "ä ö", "x" * 1000):
        assert note(log_in(tmp_path, name), "failed", 1), name
        assert note(log_in(tmp_path, name), "failed", 2) is None, name


def test_what_could_not_be_told_is_told_by_the_next_run(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    note(log, "passed", 1)
    assert log.note(outcome="failed", run="r2", began="2026-01-01T00:00:02.000Z")
    change = note(log, "failed", 3)
    assert change
    assert change.previous == "passed"
    assert note(log, "failed", 4) is None


def test_a_run_that_began_earlier_and_ends_later_says_nothing(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    note(log, "passed", 1)
    note(log, "failed", 3)
    assert note(log, "passed", 2) is None
    assert note(log, "failed", 4) is None


def test_a_later_attempt_of_the_same_run_counts(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    assert note(log, "error", 1)
    assert note(log, "passed", 1)


def test_of_many_that_end_at_once_one_makes_the_change(tmp_path: Path) -> None:
    note(log_in(tmp_path), "passed", 0)
    barrier = threading.Barrier(8)
    found: list[Change | None] = []

    def end(run: int) -> None:
        log = log_in(tmp_path)
        barrier.wait()
        found.append(log.note(outcome="failed", run=f"r{run}", began="2026-01-01T00:01:00.000Z"))

    threads = [threading.Thread(target=end, args=(run,)) for run in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = {change.key for change in found if change}
    assert len(keys) == 1
    assert len(list((tmp_path / "state/nightly").iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"outcome": 1}', b"null"])
def test_a_state_that_cannot_be_read_is_no_state(tmp_path: Path, content: bytes) -> None:
    log = log_in(tmp_path)
    note(log, "passed", 1)
    (tmp_path / "state/nightly/0000000001.json").write_bytes(content)
    change = note(log, "passed", 2)
    assert change
    assert change.previous is None


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["passed", "failed", "error"]), max_size=12))
def test_messages_are_the_changes(outcomes: list[str]) -> None:
    import tempfile  # noqa: PLC0415  # Hypothesis needs a new folder for each example

    with tempfile.TemporaryDirectory() as folder:
        log = log_in(Path(folder))
        told = [outcome for number, outcome in enumerate(outcomes) if note(log, outcome, number)]
    changes = [
        outcome
        for before, outcome in zip(["passed", *outcomes], outcomes, strict=False)
        if before != outcome
    ]
    assert told == changes
