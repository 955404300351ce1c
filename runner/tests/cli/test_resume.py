"""A run that goes on where an earlier attempt ended, as `agentrig run` does it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from agentrig.events import Outcome, RunContinued, RunFinished, RunStarted, ScenarioFinished

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

SAME = ("--run-id", "same")


def cut_after(results: Path, scenario: str) -> None:
    """Let it be as if the runner had been killed when a scenario had just ended."""
    lines = (results / "events.jsonl").read_bytes().splitlines(keepends=True)
    last = next(
        place
        for place, line in enumerate(lines)
        if b'"scenario.finished"' in line and f'"{scenario}"'.encode() in line
    )
    (results / "events.jsonl").write_bytes(b"".join(lines[: last + 1]))


def first_attempt(rig: Rig, *, killed_after: str, args: tuple[str, ...] = ()) -> Ran:
    """Run a, b (which fails), c and two Python tests, one after the other, and cut it."""
    rig.scenario("a", "/a")
    rig.scenario("b", "/b", status=404)
    rig.scenario("c", "/c")
    rig.write(
        "test_m.py",
        f"""
        import httpx

        def test_one():
            httpx.get("{rig.url}/one")

        def test_two(record_metric):
            record_metric("score", 0.5)
            httpx.get("{rig.url}/two")
        """,
    )
    ran = rig.run(".", "-c", "1", *SAME, *args)
    assert ran.code == 1, ran.said
    cut_after(ran.results, killed_after)
    return ran


def test_only_what_has_no_verdict_runs_again(rig: Rig, agent: AgentServer) -> None:
    first_attempt(rig, killed_after="test_m.py::test_one")
    agent.forget()
    ran = rig.run(".", "-c", "1", *SAME)
    assert agent.paths == ["/two"]
    assert (ran.code, ran.outcomes()) == (
        1,
        {
            "a": "passed",
            "b": "failed",
            "c": "passed",
            "test_m.py::test_one": "passed",
            "test_m.py::test_two": "passed",
        },
    ), ran.said
    assert "4 of 5 continue from attempt 1" in ran.out
    assert "expected status 404, got 200" in ran.out
    summary = ran.summary()
    assert (summary["attempt"], summary["kept"], summary["not_run"]) == (2, 4, [])
    assert [one["attempt"] for one in summary["scenarios"]] == [1, 1, 1, 1, None]
    assert ran.junit().tests == 5
    assert 'name="agentrig.attempt" value="2"' in (ran.results / "junit.xml").read_text()
    # What it left can be made again from its own journal.
    again = rig.report("results", "--results", "again")
    assert (again.code, again.summary()) == (1, summary)


def test_a_whole_run_has_nothing_left_to_do(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    assert rig.run(".", *SAME).code == 0
    agent.forget()
    ran = rig.run(".", *SAME)
    assert (ran.code, agent.paths, ran.outcomes()) == (0, [], {"a": "passed"}), ran.said
    assert "1 of 1 continues from attempt 1" in ran.out
    ran = rig.run(".", *SAME)
    assert (ran.code, ran.summary()["attempt"], agent.paths) == (0, 3, [])


def test_it_runs_all_again_if_it_is_told_to(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.run(".", *SAME)
    agent.forget()
    ran = rig.run(".", *SAME, "--no-resume")
    assert (ran.code, agent.paths) == (0, ["/ok"]), ran.said
    assert ran.events(RunContinued) == []
    assert len([*ran.results.glob("events*.jsonl")]) == 2


def test_another_run_begins_anew_and_leaves_a_killed_ones_journal(
    rig: Rig, agent: AgentServer
) -> None:
    first_attempt(rig, killed_after="b.yaml")
    killed = (rig.folder / "results/events.jsonl").read_bytes()
    agent.forget()
    ran = rig.run(".", "-c", "1")
    assert len(agent.paths) == 5, ran.said
    assert ran.events(RunContinued) == []
    assert (ran.results / "events.killed.jsonl").read_bytes() == killed


@pytest.mark.parametrize("change", ["plan", "file", "label"])
def test_a_run_of_something_else_says_that_it_begins_anew(
    rig: Rig, agent: AgentServer, change: str
) -> None:
    first_attempt(rig, killed_after="b.yaml")
    agent.forget()
    args: tuple[str, ...] = ()
    match change:
        case "plan":
            rig.scenario("d", "/d")
        case "file":
            rig.scenario("a", "/a", "/a/too")
        case "label":
            args = ("--label", "model=small")
    ran = rig.run(".", "-c", "1", *SAME, *args)
    assert "/a" in agent.paths, ran.said
    notes = {
        "plan": "its plan was another one (1 new, 0 gone)",
        "file": "its scenario files had another content",
        "label": "it had other labels",
    }
    assert "nothing continues: all" in ran.out
    assert [one.notes for one in ran.events(RunContinued)] == [
        (f"nothing of attempt 1 is kept: {notes[change]}",)
    ]


def test_failures_of_earlier_attempts_count_for_maxfail(rig: Rig, agent: AgentServer) -> None:
    first_attempt(rig, killed_after="b.yaml")
    agent.forget()
    ran = rig.run(".", "-c", "1", *SAME, "-x")
    assert (ran.code, agent.paths) == (1, []), ran.said
    assert "1 failed, 3 not run, 1 passed" in ran.out
    ran = rig.run(".", "-c", "1", *SAME, "--maxfail", "2")
    assert (ran.code, len(agent.paths)) == (1, 3), ran.said


def test_limits_hold_for_all_attempts_together(rig: Rig) -> None:
    ran = first_attempt(rig, killed_after="c.yaml", args=("--slo", "error_rate=0.5"))
    ran = rig.run(".", "-c", "1", *SAME, "--slo", "error_rate=0.4", "--slo", "max_ms=60000")
    summary = ran.summary()
    assert summary["kept"] == 3
    assert [one["actual"] for one in summary["limits"]] == [
        pytest.approx(1 / 3),
        pytest.approx(summary["iterations"]["latency"]["max_ms"]),
    ]
    assert (summary["iterations"]["total"], summary["iterations"]["failed"]) == (3, 1)
    assert summary["iterations"]["latency"]["steps"] == 3


def test_what_is_repeated_begins_anew(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.run(".", *SAME, "--repeat", "3")
    agent.forget()
    ran = rig.run(".", *SAME, "--repeat", "3")
    assert (ran.code, len(agent.paths)) == (0, 3), ran.said
    assert "what is repeated (--repeat, --repeat-for) is whole, and so begins anew" in ran.out


def test_a_flaky_scenario_stays_flaky(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/flaky/1")
    rig.scenario("b", "/b")
    first = rig.run(".", "-c", "1", *SAME, "--retry-failed", "1", "--fail-on-flaky")
    cut_after(first.results, "a.yaml")
    agent.forget()
    ran = rig.run(".", "-c", "1", *SAME, "--retry-failed", "1", "--fail-on-flaky")
    assert (ran.code, ran.outcomes()) == (1, {"a": "passed", "b": "passed"}), ran.said
    assert (ran.summary()["flaky"], "/flaky/1" in agent.paths) == (1, False)


def test_after_sigterm_the_rest_runs(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/a")
    rig.scenario("b", "/hold")
    rig.scenario("c", "/c")
    with rig.started(".", "-c", "1", *SAME) as process:
        agent.wait_for(2)
        process.send_signal(signal.SIGTERM)
        assert rig.ended(process).code == 2
    agent.release()
    agent.forget()
    ran = rig.run(".", "-c", "1", *SAME)
    assert (ran.code, agent.paths) == (0, ["/hold", "/c"]), ran.said
    assert ran.outcomes() == {"a": "passed", "b": "passed", "c": "passed"}


def test_a_third_attempt_goes_on_from_both(rig: Rig, agent: AgentServer) -> None:
    first_attempt(rig, killed_after="a.yaml")
    ran = rig.run(".", "-c", "1", *SAME)
    cut_after(ran.results, "c.yaml")
    agent.forget()
    ran = rig.run(".", "-c", "1", *SAME, "--log-format", "text")
    assert agent.paths == ["/one", "/two"], ran.said
    assert "3 of 5 continue from attempts 1 and 2" in ran.out
    assert "a.yaml" not in ran.out.replace("failed · b.yaml", "")
    assert "1 failed, 4 passed" in ran.out


def test_scenarios_know_their_attempt(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/attempt/${run.attempt}", "/hold")
    with rig.started(".", *SAME) as process:
        agent.wait_for(2)
        process.kill()
        rig.ended(process)
    agent.release()
    agent.forget()
    assert rig.run(".", *SAME).code == 0
    assert agent.paths == ["/attempt/2", "/hold"]


def test_the_termination_message_is_that_of_the_whole(rig: Rig) -> None:
    first_attempt(rig, killed_after="b.yaml")
    rig.run(".", *SAME, "--termination-log", "last")
    told = json.loads((rig.folder / "last").read_bytes())
    assert (told["exit_code"], told["counts"]) == (1, {"passed": 4, "failed": 1})


def test_a_disk_that_is_full_while_it_resumes_is_no_pass(rig: Rig, agent: AgentServer) -> None:
    """What it takes over does not fit: the journal is left out, and the exit code says so."""
    rig.scenario("a", "/a")
    rig.scenario("b", "/b")
    ran = rig.run(".", "-c", "1", *SAME)
    cut_after(ran.results, "a.yaml")
    size = (ran.results / "events.jsonl").stat().st_size
    agent.forget()
    rig.write(
        "conftest.py",
        f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({size - 100}, {size - 100}))
        """,
    )
    ran = rig.run(".", *SAME)
    assert (ran.code, agent.paths) == (3, ["/b"]), ran.said
    assert "JournalReporter failed" in ran.err
    (rig.folder / "conftest.py").unlink()
    agent.forget()
    ran = rig.run(".", *SAME)
    assert (ran.code, ran.outcomes()) == (0, {"a": "passed", "b": "passed"}), ran.said
    assert "/a" not in agent.paths


def test_what_was_measured_before_is_in_the_report(rig: Rig) -> None:
    ran = first_attempt(rig, killed_after="test_m.py::test_two")
    ran = rig.run(".", *SAME)
    assert [one["metrics"] for one in ran.summary()["scenarios"]][-1] == [
        {"name": "score", "value": 0.5, "unit": None}
    ]
    ends = [one for one in ran.events() if isinstance(one, ScenarioFinished)]
    assert [one.outcome for one in ends].count(Outcome.FAILED) == 1
    assert len(ends) == len({one.scenario for one in ends}) == 5
    assert len(ran.events(RunStarted)) == len(ran.events(RunFinished)) == 1
