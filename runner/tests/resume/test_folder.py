"""A results folder that is used again: no journal is lost that anybody may still need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.resume import set_aside
from tests.support.attempts import RUN, attempt_at, finished, plan_of, told_by

if TYPE_CHECKING:
    from pathlib import Path

START = plan_of(["a.yaml", "b.yaml"])


def journal(attempt: int = 1, *, run: str = RUN, shard: int = 0, ends: bool = False) -> bytes:
    events = [*told_by({"a.yaml": Outcome.PASSED}), *([finished()] if ends else [])]
    return attempt_at(START, events, attempt=attempt, run=run, shard=shard)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_attempts_are_put_aside_one_after_the_other(tmp_path: Path) -> None:
    for attempt in (1, 2, 10):
        (tmp_path / "events.jsonl").write_bytes(journal(attempt))
        found = set_aside(tmp_path, run=RUN, shard=0)
        assert (found[-1].attempt, found[-1].journal) == (attempt, journal(attempt))
    assert [one.attempt for one in found] == [1, 2, 10]
    assert names(tmp_path) == [f"events.attempt-{number}.jsonl" for number in (1, 10, 2)]
    # Killed before its journal began: the others are still there.
    assert set_aside(tmp_path, run=RUN, shard=0) == found


def test_two_attempts_of_one_number_are_both_kept(tmp_path: Path) -> None:
    for ends in (False, True):
        (tmp_path / "events.jsonl").write_bytes(journal(ends=ends))
        found = set_aside(tmp_path, run=RUN, shard=0)
    assert [one.journal for one in found] == [journal(ends=True), journal()]
    assert names(tmp_path) == ["events.attempt-1-2.jsonl", "events.attempt-1.jsonl"]


def test_a_journal_of_another_run_is_kept_unless_it_has_its_end(tmp_path: Path) -> None:
    for ends, left in ((True, ["events.jsonl"]), (False, ["events.killed.jsonl"])):
        (tmp_path / "events.jsonl").write_bytes(journal(run="qa-6", ends=ends))
        (tmp_path / "events.attempt-3.jsonl").write_bytes(journal(3, run="qa-6"))
        assert set_aside(tmp_path, run=RUN, shard=0) == []
        assert names(tmp_path) == left


def test_another_shard_is_not_continued(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(journal(shard=2))
    assert set_aside(tmp_path, run=RUN, shard=1) == []
    assert names(tmp_path) == ["events.killed.jsonl"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    for name in ("events.attempt-x.jsonl", "events.jsonl", "events.attempt-1.jsonl.bak"):
        (tmp_path / name).write_bytes(b"mine\n")
    assert set_aside(tmp_path, run=RUN, shard=0) == []
    assert len(names(tmp_path)) == 3


def test_an_empty_folder_is_no_trouble(tmp_path: Path) -> None:
    assert set_aside(tmp_path, run=RUN, shard=0) == []
    (tmp_path / "events.jsonl").write_bytes(b"")
    assert set_aside(tmp_path, run=RUN, shard=0) == []
    (tmp_path / "events.jsonl").write_bytes(journal()[:40])
    assert set_aside(tmp_path, run=RUN, shard=0) == []
