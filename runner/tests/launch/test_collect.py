"""What pods left behind becomes results, a report and an exit code."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml

from agentrig.errors import ReportError, ReportWarning
from agentrig.events import Outcome, Record, StepFinished
from agentrig.launch import PodEvidence, Trouble, collect
from agentrig.reporters import TerminalReporter, read_journal
from tests.support.golden import check_golden
from tests.support.shards import SplitRun

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.stream import Reporter

NAMES = {
    "scenarios/chat.yaml": Outcome.PASSED,
    "scenarios/tools.yaml": Outcome.FAILED,
    "scenarios/memory.yaml": Outcome.PASSED,
    "scenarios/upload.yaml": Outcome.SKIPPED,
    "tests/test_api.py::test_one": Outcome.PASSED,
    "tests/test_api.py::test_two": Outcome.ERROR,
}


def dealt(folder: Path, outcomes: dict[str, Outcome], shards: int) -> SplitRun:
    shard_of = {name: 1 + number % shards for number, name in enumerate(outcomes)}
    return SplitRun(folder, outcomes=outcomes, shard_of=shard_of, shards=shards)


def pods_of(run: SplitRun) -> list[PodEvidence]:
    """Give the evidence of a run's attempts, of which each pod came a minute later."""
    return [
        PodEvidence(
            pod=f"qa/p{number}",
            shard=one.shard,
            created=f"2026-01-02T03:{number:02}:05Z",
            exit_code=one.exit_code,
            reason=one.reason,
            termination=one.termination,
            log=one.log,
        )
        for number, one in enumerate(run.attempts)
    ]


def collected(
    run: SplitRun, results: Path, *troubles: Trouble, pods: list[PodEvidence] | None = None
) -> tuple[int, str]:
    output = io.StringIO()
    code = collect(
        pods_of(run) if pods is None else pods,
        run=run.run,
        shards=run.shards,
        troubles=troubles,
        results=results,
        reporters=[TerminalReporter(output, colour=False, results="results")],
    )
    return code, output.getvalue()


def summary(results: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((results / "summary.json").read_bytes())
    return content


def test_a_run_in_which_much_went_wrong(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Four shards: one whole at its second attempt, one killed, one that never started, one whole."""
    run = dealt(tmp_path, NAMES, 4)
    run.kill(1, after=2)
    run.kill(2, after=4)
    run.finish(1)
    run.finish(4)
    unschedulable = Trouble(
        reason="Unschedulable",
        where="pod qa/p9, shard 3/4",
        message="0/1 nodes are available: 1 Insufficient memory",
        hint="ask for less in resources.requests, or add a node",
    )
    code, printed = collected(run, tmp_path / "results", unschedulable)
    assert code == 1
    golden = request.path.parent / "golden"
    check_golden(golden / "collect_troubles.txt", printed)
    check_golden(golden / "collect_troubles.json", (tmp_path / "results/summary.json").read_text())
    junit = JUnitXml.fromfile(str(tmp_path / "results/junit.xml"))
    [suite] = [suite for suite in junit if suite.name == "infrastructure"]
    found = {case.name: [type(result).__name__ for result in case.result] for case in suite}
    assert found == {
        "Unschedulable: pod qa/p9, shard 3/4": ["Error"],
        "OOMKilled: pod qa/p0, shard 1/4": [],
        "OOMKilled: pod qa/p1, shard 2/4": ["Error"],
        "ShardMissing: shard 3/4": ["Error"],
    }


def test_the_journal_holds_the_shards_own_records_and_rebuilds_everything(tmp_path: Path) -> None:
    run = dealt(tmp_path, NAMES, 2)
    run.finish(2)
    run.finish(1)
    code, printed = collected(run, tmp_path / "results")
    assert code == 1
    merged = [*_journal(tmp_path / "results")]
    for shard in (1, 2):
        own = [one for one in merged if one.shard == shard]
        assert [one.seq for one in own] == [*range(len(own))]
        assert [one.event for one in own] == run.events(shard)
    output = io.StringIO()
    again = TerminalReporter(output, colour=False, results="results")
    for record in merged:
        again.receive(record)
    again.close()
    assert output.getvalue() == printed


def _journal(results: Path) -> list[Record]:
    return [*read_journal((results / "events.jsonl").read_bytes(), name="merged")]


def test_the_order_in_which_pods_are_known_changes_nothing(tmp_path: Path) -> None:
    run = dealt(tmp_path, NAMES, 3)
    run.kill(2, after=2)
    for shard in (3, 1, 2):
        run.finish(shard)
    pods = pods_of(run)
    first = collected(run, tmp_path / "a", pods=pods)
    assert collected(run, tmp_path / "b", pods=pods[::-1]) == first
    for name in ("events.jsonl", "junit.xml", "summary.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_troubles_that_cost_nothing_do_not_fail_a_run(tmp_path: Path) -> None:
    run = dealt(tmp_path, dict.fromkeys(NAMES, Outcome.PASSED), 2)
    run.finish(1)
    run.finish(2)
    late = Trouble(reason="Unschedulable", where="pod qa/p1", message="no node had room")
    code, printed = collected(run, tmp_path / "results", late)
    assert code == 0
    assert "Unschedulable: pod qa/p1\n  no node had room\n  it cost no results" in printed
    assert summary(tmp_path / "results")["troubles"][0]["overcome"] is True


def test_a_run_of_which_no_pod_ever_was(tmp_path: Path) -> None:
    run = dealt(tmp_path, {}, 1)
    run.shards = 0
    refused = Trouble(reason="FailedCreate", where="job qa/run", message="exceeded quota")
    code, printed = collected(run, tmp_path / "results", refused)
    assert code == 3
    assert "FailedCreate: job qa/run\n  exceeded quota" in printed
    assert "error: nothing run" in printed
    assert summary(tmp_path / "results")["outcome"] == "error"


class _Breaks:
    def receive(self, _: Record) -> None:
        raise OSError("disk full")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.PASSED, 3), (Outcome.FAILED, 1)])
def test_a_reporter_that_fails_is_told_of(tmp_path: Path, outcome: Outcome, code: int) -> None:
    run = dealt(tmp_path, {"a.yaml": outcome}, 1)
    run.finish(1)
    told: list[str] = []
    reporters: list[Reporter] = [_Breaks()]

    def collect_it(results: str, **more: Any) -> int:
        return collect(
            pods_of(run),
            run=run.run,
            shards=1,
            troubles=(),
            results=tmp_path / results,
            reporters=reporters,
            **more,
        )

    assert collect_it("a", on_problem=lambda one: told.append(str(one))) == code
    assert told == ["_Breaks failed: disk full"]
    assert summary(tmp_path / "a")["exit_code"] == code
    with pytest.raises(ReportError, match="disk full"):
        collect_it("b")
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot write results to"):
        collect_it("file/c")


def test_many_shards_are_not_held_at_once(tmp_path: Path) -> None:
    """Their journals are read one after the other: memory does not grow with their number."""

    def peak(shards: int) -> int:
        names = {f"s{number:05}.yaml": Outcome.PASSED for number in range(50 * shards)}
        run = dealt(tmp_path, names, shards)
        for shard in range(1, shards + 1):
            events = run.events(shard)
            run.finish(shard, events=[*events[:2], *_long(events), *events[2:]])
        pods = pods_of(run)
        tracemalloc.start()
        code = collect(
            pods, run=run.run, shards=shards, troubles=(), results=tmp_path / "r", reporters=[]
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert code == 0
        return most

    # Each journal has 4 MB beside the 50 scenarios that every report keeps.
    assert peak(6) < peak(2) + 8_000_000


def _long(events: list[Any]) -> list[Any]:
    """Give steps that passed, of which no report keeps anything."""
    scenario = events[0].planned[0].id
    return [
        StepFinished(
            scenario=scenario,
            step=number,
            name="n" * 400_000,
            outcome=Outcome.PASSED,
            elapsed_ms=1.0,
        )
        for number in range(10)
    ]


def test_scenarios_that_were_sent_along_are_named_as_they_lie_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the pod they are in a folder of the chart's."""
    (tmp_path / "qa").mkdir()
    (tmp_path / "qa/chat.yaml").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITLAB_CI", "true")
    run = dealt(tmp_path, {"/scenarios/inline/chat.yaml": Outcome.FAILED}, 1)
    run.finish(1)
    collect(
        pods_of(run),
        run=run.run,
        shards=1,
        troubles=(),
        results=tmp_path / "results",
        reporters=(),
        places={"chat.yaml": "qa/chat.yaml"},
    )
    (finding,) = json.loads((tmp_path / "results/gl-code-quality.json").read_bytes())
    assert finding["location"]["path"] == "qa/chat.yaml"


class _Warns:
    def receive(self, _: Record) -> None:
        pass

    def close(self) -> None:
        raise ReportWarning("nobody was told")


def test_what_was_not_delivered_is_told_and_changes_nothing(tmp_path: Path) -> None:
    run = dealt(tmp_path, {"a.yaml": Outcome.PASSED}, 1)
    run.finish(1)
    told: list[str] = []
    code = collect(
        pods_of(run),
        run=run.run,
        shards=1,
        troubles=(),
        results=tmp_path / "results",
        reporters=[_Warns()],
        on_warning=told.append,
    )
    assert (code, told) == (0, ["nobody was told"])
