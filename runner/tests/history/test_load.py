"""Runs found below a folder: as a store keeps them, as artifacts unpack, and what is broken."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import ReportError, UsageError
from agentrig.history import Cache, load, newest_run
from agentrig.store import open_store
from tests.support.past import leave, past_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig.history import Run


def read(folder: Path, cache: Path | None = None) -> tuple[list[Run], list[str], int]:
    """Give the runs, the problems without the folder's name, and how many places were read."""
    with Cache(cache, source=str(folder)) as kept:
        assert kept.warning is None
        loaded = load(open_store(str(folder)), kept)
        problems = [one.removeprefix(f"{folder}/") for one in loaded.problems]
        runs = list(loaded.runs())
        assert list(loaded.newest_first()) == runs[::-1]
        assert loaded.count == len(runs)
        return runs, problems, loaded.read


def outcomes(run: Run) -> str:
    return " ".join(f"{one.id}:{one.outcome}" for one in run.results)


def names(runs: Sequence[Run]) -> list[str]:
    return [run.run for run in runs]


@pytest.mark.parametrize("only", [("events",), ("summary",), ("events", "summary", "report")])
def test_results_folders_wherever_they_lie(tmp_path: Path, only: tuple[str, ...]) -> None:
    for number, name in ((2, "a/results"), (0, "b"), (1, "a/b/c d")):
        leave(tmp_path / name, past_run(number, {"x": "p", "y": "f"}), only=only)
    leave(tmp_path, past_run(3, {"x": "s"}), only=only)
    (tmp_path / "a/results/artifacts").mkdir()
    runs, problems, _ = read(tmp_path)
    assert names(runs) == [f"nightly-{number}" for number in range(4)]
    assert problems == []
    assert outcomes(runs[0]) == "x:passed y:failed"
    assert [run.report for run in runs] == (
        ["b/report.html", "a/b/c d/report.html", "a/results/report.html", "report.html"]
        if "report" in only
        else [None] * 4
    )


def test_a_summary_and_its_journal_say_the_same(tmp_path: Path) -> None:
    records = past_run(
        1,
        {"a": "p", "b": "f", "c": "k", "d": "n", "e": "s"},
        commit="1234",
        labels=[("environment", "staging")],
        scores={"a": 0.75},
    )
    leave(tmp_path / "one", records, only=["events"])
    leave(tmp_path / "two", records, only=["summary"])
    [one], _, _ = read(tmp_path / "one")
    [two], _, _ = read(tmp_path / "two")
    assert {**vars_of(one), "place": ""} == {
        **vars_of(two),
        "place": "",
        # A summary names what was not run by its id alone.
    }
    assert one.commit == "1234"
    assert one.labels == (("environment", "staging"),)
    assert [(metric.name, metric.value) for metric in one.results[0].metrics] == [
        ("faithfulness", 0.75)
    ]
    assert outcomes(one) == "a:passed b:failed c:passed e:skipped d:not_run"


def vars_of(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in run.__struct_fields__}


def test_the_last_attempt_of_a_stored_run_counts(tmp_path: Path) -> None:
    run = tmp_path / "runs/nightly"
    leave(run / "shard=0/attempt=1", past_run(1, {"a": "f"}, run="nightly"))
    leave(run / "shard=0/attempt=2", past_run(2, {"a": "p"}, run="nightly"))
    leave(run / "shard=0/attempt=10", past_run(3, {"a": "s"}, run="nightly"))
    [found], problems, _ = read(tmp_path)
    assert (outcomes(found), problems) == ("a:skipped", [])


def test_shards_of_a_stored_run_are_merged(tmp_path: Path) -> None:
    for shard, row in ((1, {"a": "p"}), (2, {"b": "f"})):
        records = past_run(1, row, run="nightly", shard=shard, shards=2)
        leave(
            tmp_path / f"runs/nightly/shard={shard}/attempt=1", records, only=["events", "report"]
        )
    [found], problems, _ = read(tmp_path)
    assert (outcomes(found), found.exit_code, problems) == ("a:passed b:failed", 1, [])
    assert found.finished
    assert found.report is None, "no report of one shard is that of the run"


def test_what_was_merged_is_taken_until_something_comes_after_it(tmp_path: Path) -> None:
    run = tmp_path / "runs/nightly"
    leave(
        run / "shard=1/attempt=1", past_run(1, {"a": "p"}, run="nightly", shard=1), only=["events"]
    )
    merged = leave(
        run / "merged", past_run(1, {"a": "s"}, run="nightly"), only=["summary", "report"]
    )
    later = (merged / "summary.json").stat().st_mtime + 5
    os.utime(merged / "summary.json", (later, later))
    [found], _, _ = read(tmp_path)
    assert (outcomes(found), found.report) == ("a:skipped", "runs/nightly/merged/report.html")
    journal = run / "shard=1/attempt=1/events.jsonl"
    os.utime(journal, (later + 5, later + 5))
    [found], _, _ = read(tmp_path)
    assert outcomes(found) == "a:passed"


def test_a_missing_shard_leaves_a_run_that_is_not_whole(tmp_path: Path) -> None:
    records = past_run(1, {"a": "p"}, run="nightly", shard=1, shards=2)
    leave(tmp_path / "runs/nightly/shard=1/attempt=1", records)
    [found], problems, _ = read(tmp_path)
    assert (outcomes(found), found.exit_code, found.finished) == ("a:passed", 3, False)
    assert problems == []


def test_artifacts_of_shards_are_merged_wherever_they_lie(tmp_path: Path) -> None:
    for shard, row in ((1, {"a": "p"}), (2, {"b": "f"})):
        records = past_run(1, row, run="nightly", shard=shard, shards=2)
        leave(tmp_path / f"results-{shard}", records)
    cache = tmp_path / "cache"
    [found], problems, count = read(tmp_path, cache)
    assert (outcomes(found), problems, count) == ("a:passed b:failed", [], 3)
    assert read(tmp_path, cache)[2] == 0
    leave(tmp_path / "whole", past_run(1, {"a": "p", "b": "s"}, run="nightly"))
    [found], _, count = read(tmp_path, cache)
    assert (outcomes(found), count) == ("a:passed b:skipped", 1)


def test_a_shard_without_its_journal_is_named(tmp_path: Path) -> None:
    records = past_run(1, {"a": "p"}, run="nightly", shard=1, shards=2)
    leave(tmp_path / "one", records, only=["summary"])
    runs, problems, _ = read(tmp_path)
    assert runs == []
    assert problems == ["one: one shard of run 'nightly', without the journal to merge it by"]


def test_copies_count_once_and_runs_of_one_name_each(tmp_path: Path) -> None:
    for name in ("one", "two"):
        leave(tmp_path / name, past_run(1, {"a": "p"}, run="same"))
    leave(tmp_path / "three", past_run(2, {"a": "f"}, run="same"))
    runs, _, _ = read(tmp_path)
    assert [outcomes(run) for run in runs] == ["a:passed", "a:failed"]


def test_of_attempts_that_lie_apart_the_last_one_counts(tmp_path: Path) -> None:
    killed = past_run(1, {"a": "p", "b": "n"}, run="qa", attempt=1, is_killed=True)
    leave(tmp_path / "z", killed, only=["events"])
    leave(tmp_path / "a", past_run(2, {"a": "p", "b": "p"}, run="qa", attempt=2))
    leave(tmp_path / "b", past_run(3, {"a": "p"}, run="other", attempt=1))
    leave(tmp_path / "c", past_run(4, {"a": "f"}, run="other", attempt=1))
    runs, _, _ = read(tmp_path)
    assert [outcomes(run) for run in runs] == ["a:passed b:passed", "a:passed", "a:failed"]


def test_a_run_that_goes_on_is_not_finished_and_read_again(tmp_path: Path) -> None:
    attempt = tmp_path / "runs/nightly/shard=0/attempt=1"
    records = past_run(1, {"a": "p", "b": "f", "c": "p"}, run="nightly")
    leave(attempt, records[:4], only=["pieces"])
    cache = tmp_path / "kept/cache"
    [found], _, _ = read(tmp_path, cache)
    assert (found.finished, outcomes(found)) == (
        False,
        "a:passed b:interrupted c:not_run",
    )
    leave(attempt, records, only=["pieces", "events", "summary"])
    [found], _, count = read(tmp_path, cache)
    assert (found.finished, count, outcomes(found)) == (True, 1, "a:passed b:failed c:passed")


def test_a_killed_run_keeps_its_verdicts(tmp_path: Path) -> None:
    records = past_run(1, {"a": "f", "b": "n"}, is_killed=True)
    leave(tmp_path / "one", records, only=["events"])
    leave(tmp_path / "two", past_run(2, {"a": "f", "b": "n"}, is_killed=True), only=["summary"])
    runs, _, _ = read(tmp_path)
    assert [(run.finished, outcomes(run)) for run in runs] == [(False, "a:failed b:not_run")] * 2


def test_only_what_is_new_or_changed_is_read_again(tmp_path: Path) -> None:
    for number in range(5):
        leave(tmp_path / str(number), past_run(number, {"a": "p"}))
    cache = tmp_path / "out/cache"
    assert read(tmp_path, cache)[2] == 5
    before = read(tmp_path, cache)
    assert before[2] == 0
    leave(tmp_path / "new", past_run(9, {"a": "f"}))
    leave(tmp_path / "2", past_run(2, {"a": "f", "b": "s"}))
    shutil.rmtree(tmp_path / "4")
    runs, _, count = read(tmp_path, cache)
    assert count == 2
    assert [outcomes(run) for run in runs] == [
        "a:passed",
        "a:passed",
        "a:failed b:skipped",
        "a:passed",
        "a:failed",
    ]
    assert read(tmp_path, cache)[0] == read(tmp_path)[0]


BROKEN = {
    "empty": b"",
    "words": b"some words",
    "list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "newer": b'{"schema": 2, "run": "x", "exit_code": 0, "started": "2026-01-01T00:00:00Z"}',
    "no time": b'{"schema": 1, "run": "x", "exit_code": 0, "started": "yesterday"}',
    "naive": b'{"schema": 1, "run": "x", "exit_code": 0, "started": "2026-01-01T00:00:00"}',
    "no code": b'{"schema": 1, "run": "x", "exit_code": "0", "started": "2026-01-01T00:00:00Z"}',
    "no text": b'{"schema": 1, "run": "\xff", "exit_code": 0, "started": "2026-01-01T00:00:00Z"}',
}


def test_broken_results_are_named_and_break_nothing(tmp_path: Path) -> None:
    leave(tmp_path / "good", past_run(1, {"a": "p"}))
    for name, content in BROKEN.items():
        leave(tmp_path / name, past_run(1, {"a": "p"}), only=[])
        (tmp_path / name / "summary.json").write_bytes(content)
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal/events.jsonl").write_bytes(b'{"kind": "nobody"}\n{}\n')
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun/events.jsonl").write_bytes(b"")
    (tmp_path / "runs/x/shard=0/attempt=1").mkdir(parents=True)
    (tmp_path / "runs/x/shard=0/attempt=1/claim.json").write_bytes(b"{}")
    runs, problems, _ = read(tmp_path, tmp_path / "cache")
    assert [outcomes(run) for run in runs] == ["a:passed"]
    named = {one.partition(":")[0] for one in problems}
    assert named == {*BROKEN, "journal", "begun", "runs/x"}
    assert "runs/x: no journal has come yet" in problems
    assert read(tmp_path, tmp_path / "cache") == (runs, problems, 0)


def test_a_broken_summary_gives_way_to_the_journal(tmp_path: Path) -> None:
    leave(tmp_path / "one", past_run(1, {"a": "p"}))
    (tmp_path / "one/summary.json").write_bytes(b"{")
    [found], problems, _ = read(tmp_path)
    assert (outcomes(found), problems) == ("a:passed", [])


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentrig.history._read.MOST_SUMMARY_BYTES", 10)
    monkeypatch.setattr("agentrig.history._read.MOST_JOURNAL_BYTES", 10)
    leave(tmp_path / "a", past_run(1, {"a": "p"}), only=["events"])
    leave(tmp_path / "b", past_run(1, {"a": "p"}), only=["summary"])
    leave(tmp_path / "runs/c/shard=0/attempt=1", past_run(1, {"a": "p"}), only=["pieces"])
    runs, problems, _ = read(tmp_path)
    assert runs == []
    assert problems == [
        "a: events.jsonl is larger than 10 bytes",
        "b: summary.json is larger than 10 bytes",
        "runs/c: its journal is larger than 10 bytes",
    ]


def test_long_texts_and_wild_numbers_are_cut(tmp_path: Path) -> None:
    metrics = ", ".join(f'{{"name": "m{n}", "value": {n}}}' for n in range(100))
    (tmp_path / "summary.json").write_text(
        f"""{{"schema": 1, "run": "{"r" * 5000}", "exit_code": 1, "elapsed_ms": 1e300,
        "started": "2026-01-01T00:00:00Z", "scenarios": [
          {{"id": "{"i" * 5000}", "outcome": "failed", "elapsed_ms": -5, "flaky": true,
            "message": "{"m" * 5000}", "metrics": [{metrics}]}},
          {{"id": "b", "outcome": "passed", "elapsed_ms": 400, "iterations": {{"total": 4}},
            "metrics": [{{"name": "s", "value": 1}}, {{"name": "s", "value": 2}},
                        {{"name": "t", "value": null}}, {{"name": "u", "value": 1.5e308}},
                        {{"name": "u", "value": 1.5e308}}]}}]}}"""
    )
    [run], problems, _ = read(tmp_path)
    assert problems == []
    first, second = run.results
    assert (len(run.run), len(first.id), len(first.message or ""), len(first.metrics)) == (
        300,
        1000,
        300,
        50,
    )
    assert (first.elapsed_ms, first.flaky, run.elapsed_ms) == (None, False, None)
    assert second.elapsed_ms == 100
    assert [(one.name, one.value) for one in second.metrics] == [("s", 1.5)]


def test_a_damaged_cache_begins_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    leave(tmp_path / "a", past_run(1, {"a": "p"}))
    before = read(tmp_path, cache)
    whole = cache.read_bytes()
    for damaged in (whole[:5000], whole[:4096] + b"\x55" * 4096 + whole[8192:], b""):
        cache.write_bytes(damaged)
        assert read(tmp_path, cache) == before
        assert read(tmp_path, cache)[2] == 0


def test_a_cache_of_another_shape_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    leave(tmp_path / "a", past_run(1, {"a": "p"}))
    before = read(tmp_path, cache)
    with monkeypatch.context() as other:
        other.setattr("agentrig.history._cache.VERSION", 7)
        assert read(tmp_path, cache) == before
    assert read(tmp_path, cache) == before


def test_a_file_of_something_else_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("mine")
    with pytest.raises(UsageError, match="is no cache of agentrig"):
        Cache(file, source="x")
    assert file.read_text() == "mine"


def test_without_a_place_for_the_cache_all_is_read(tmp_path: Path) -> None:
    leave(tmp_path / "a", past_run(1, {"a": "p"}))
    (tmp_path / "file").write_text("")
    with Cache(tmp_path / "file/cache", source="x") as kept:
        assert kept.warning is not None
        assert load(open_store(str(tmp_path)), kept).count == 1


def test_a_cache_that_is_in_use_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentrig.history._cache.LOCKED_S", 0.01)
    leave(tmp_path / "a", past_run(1, {"a": "p"}))
    cache = tmp_path / "cache"
    with Cache(cache, source=str(tmp_path)) as first:
        load(open_store(str(tmp_path)), first)
        with Cache(cache, source=str(tmp_path)) as second:
            assert second.warning is not None
            assert "locked" in second.warning
            assert load(open_store(str(tmp_path)), second).count == 1
    assert read(tmp_path, cache)[2] == 0


def test_the_newest_run(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    assert newest_run(store, lambda _: True) is None
    for number, labels in ((1, [("branch", "main")]), (2, [("branch", "main")]), (3, [])):
        attempt = tmp_path / f"runs/r{number}/shard=0/attempt=1"
        leave(attempt, past_run(number, {"a": "p"}, run=f"r{number}", labels=labels))
        for file in attempt.iterdir():
            os.utime(file, (number * 1000, number * 1000))
    leave(tmp_path / "runs/r4/shard=0/attempt=1", past_run(4, {"a": "p"})[:2], only=["pieces"])
    found = newest_run(store, lambda run: dict(run.labels).get("branch") == "main")
    assert found is not None
    assert found.run == "r2"
    newest = newest_run(store, lambda _: True)
    assert newest is not None
    assert newest.run == "r3", "the one that goes on is passed over"
    one = newest_run(open_store(str(tmp_path / "runs/r1")), lambda _: False)
    assert one is not None
    assert one.run == "r1", "what is named itself is taken as it is"
    leave(tmp_path / "loose", past_run(9, {"a": "p"}, run="loose"))
    loose = newest_run(store, lambda _: True)
    assert loose is not None
    assert loose.run == "loose"


def test_one_run_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_bytes(b"{")
    with pytest.raises(ReportError, match="not a summary of a run"):
        newest_run(open_store(str(tmp_path)), lambda _: True)
