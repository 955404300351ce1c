"""How a run executes what it selected: stopping, retries, repetitions, goals, rates, locks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from agentrig.events import (
    ExecutionFinished,
    LimitChecked,
    RunFinished,
    ScenarioFinished,
    ScenarioStarted,
)
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig


def check(request: pytest.FixtureRequest, ran: Ran) -> None:
    name = request.node.name.removeprefix("test_")
    check_golden(request.path.parent / f"golden/run_{name}.txt", ran.out)


def messages(ran: Ran) -> dict[str, str | None]:
    return {one["id"]: one["message"] for one in ran.summary()["scenarios"]}


@pytest.mark.parametrize(
    ("option", "outcomes"),
    [
        ("-x", {"a": "failed", "b": "not_run", "c": "not_run"}),
        ("--maxfail=1", {"a": "failed", "b": "not_run", "c": "not_run"}),
        ("--maxfail=2", {"a": "failed", "b": "failed", "c": "not_run"}),
        ("--maxfail=9", {"a": "failed", "b": "failed", "c": "failed"}),
    ],
)
def test_the_nth_failure_ends_the_run(rig: Rig, option: str, outcomes: dict[str, str]) -> None:
    for name in "abc":
        rig.scenario(name, "/status/500")
    rig.write("test_d.py", "def test_d(): pass\n")
    ran = rig.run(".", option, "-c", "1")
    assert ran.code == 1, ran.said
    last = "passed" if option == "--maxfail=9" else "not_run"
    assert ran.outcomes() == {**outcomes, "test_d.py::test_d": last}
    if last == "not_run":
        number = "2 failures" if option == "--maxfail=2" else "1 failure"
        assert f"\nstopped after {number}\n" in ran.out
        assert messages(ran)["test_d.py::test_d"] == f"stopped after {number}"
        assert "!!!" not in ran.out
    assert ran.err == ""


def test_a_failure_ends_what_runs_as_the_engine_sees_it(rig: Rig, agent: AgentServer) -> None:
    """pytest would wait for the first scenario, which never ends, before it saw the second."""
    rig.scenario("a", "/hold", teardown=[{"endpoint": rig.url, "path": "/undone"}])
    rig.scenario("b", "/status/500")
    ran = rig.run(".", "-x")
    assert (ran.code, ran.outcomes()) == (1, {"a": "interrupted", "b": "failed"}), ran.said
    assert messages(ran)["a.yaml"] == "stopped after 1 failure"
    assert "/undone" in agent.paths


def test_failures_of_python_tests_count_as_well(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    rig.write("test_b.py", "def test_b(): assert 0\ndef test_c(): pass\n")
    ran = rig.run(".", "--maxfail", "2")
    assert list(ran.outcomes().values()) == ["failed", "failed", "not_run"], ran.said


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_infrastructure_that_ends_the_run_is_no_failed_test(rig: Rig, option: str) -> None:
    rig.url = "http://127.0.0.1:9"
    rig.scenario("a")
    rig.scenario("b")
    ran = rig.run(".", option, "-c", "1")
    assert (ran.code, list(ran.outcomes().values())) == (3, ["error", "not_run"]), ran.said


def test_skipped_and_expected_failures(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("a", "/status/500", skip="needs a GPU")
    rig.scenario("b", "/status/500", xfail="issue 7")
    rig.scenario("c", xfail="issue 8")
    ran = rig.run(".", "--run-id", "golden")
    assert ran.code == 1, ran.said
    assert ran.outcomes() == {"a": "skipped", "b": "skipped", "c": "failed"}
    check(request, ran)
    rig.url = "http://127.0.0.1:9"
    rig.scenario("d", xfail="broken infrastructure is no failure")
    assert rig.run("d.yaml").code == 3
    bare = rig.pytest("a.yaml", "b.yaml", "c.yaml")
    assert "1 failed, 2 skipped" in bare.out, bare.said


def test_flaky(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("a", "/flaky/2")
    rig.scenario("b", "/status/500")
    rig.scenario("c")
    rig.write(
        "test_d.py",
        """\
        from pathlib import Path

        import pytest

        @pytest.fixture(scope="module")
        def times():
            file = Path("times")
            file.write_text(file.read_text() + "x" if file.exists() else "x")
            return len(file.read_text())

        def test_d(times):
            assert times == 2

        def test_e():
            pass
        """,
    )
    ran = rig.run(".", "--retry-failed", "2", "--run-id", "golden")
    assert ran.code == 1, ran.said
    assert ran.outcomes() == {
        "a": "passed",
        "b": "failed",
        "c": "passed",
        "test_d.py::test_d": "passed",
        "test_d.py::test_e": "passed",
    }
    check(request, ran)
    summary = ran.summary()
    assert summary["flaky"] == 2
    found = {one["id"]: (one["flaky"], len(one["executions"])) for one in summary["scenarios"]}
    assert found == {
        "a.yaml": (True, 2),
        "b.yaml": (False, 2),
        "c.yaml": (False, 0),
        "test_d.py::test_d": (True, 1),
        "test_d.py::test_e": (False, 0),
    }
    for kind in (ScenarioStarted, ScenarioFinished):
        assert len(ran.events(kind)) == 5
    assert [one.number for one in ran.events(ExecutionFinished) if one.scenario == "a.yaml"] == [
        1,
        2,
    ]
    elements = {
        case.get("name"): [child.tag for child in case]
        for case in ET.parse(ran.results / "junit.xml").iter("testcase")
    }
    assert elements == {
        "The scenario a": ["flakyFailure", "flakyFailure"],
        "The scenario b": ["failure", "rerunFailure", "rerunFailure", "system-out"],
        "The scenario c": [],
        "test_d": ["flakyFailure"],
        "test_e": [],
    }
    again = rig.report("results", "--results", "again")
    assert (again.results / "junit.xml").read_bytes() == (ran.results / "junit.xml").read_bytes()


@pytest.mark.parametrize(("option", "code"), [((), 0), (("--fail-on-flaky",), 1)])
def test_flaky_scenarios_pass_unless_asked_otherwise(
    rig: Rig, option: tuple[str, ...], code: int
) -> None:
    rig.scenario("a", "/flaky/1")
    ran = rig.run(".", "--retry-failed", "1", *option)
    assert (ran.code, ran.outcomes()) == (code, {"a": "passed"}), ran.said
    assert ("1 flaky, and --fail-on-flaky is given" in ran.out) == bool(code)
    assert "1 passed (1 flaky)" in ran.out


def test_broken_infrastructure_is_retried_too(rig: Rig) -> None:
    rig.write(
        "test_a.py",
        """
        from agentrig.errors import TargetError
        tried = []
        def test_a():
            tried.append(1)
            if len(tried) < 3:
                raise TargetError("not yet")
        """,
    )
    ran = rig.run(".", "--retry-failed", "2")
    assert ran.code == 0, ran.said
    (case,) = ET.parse(ran.results / "junit.xml").iter("testcase")
    assert [child.tag for child in case] == ["flakyError", "flakyError"]


def test_an_interrupted_retry_leaves_the_failure(rig: Rig) -> None:
    rig.write(
        "test_a.py",
        """
        tried = []
        def test_a():
            tried.append(1)
            if len(tried) == 2:
                raise KeyboardInterrupt
            assert False, "the first time"
        """,
    )
    ran = rig.run(".", "--retry-failed", "2")
    assert (ran.code, ran.outcomes()) == (2, {"test_a.py::test_a": "failed"}), ran.said
    assert len(ran.events(ScenarioFinished)) == 1


def test_repeated(rig: Rig, request: pytest.FixtureRequest, agent: AgentServer) -> None:
    rig.scenario("a", "/ok", "/ok")
    rig.scenario("b", "/flaky/1")
    rig.write("test_c.py", "def test_c(): pass\n")
    ran = rig.run(".", "--repeat", "4", "--run-id", "golden")
    assert ran.code == 1, ran.said
    assert (agent.paths.count("/ok"), agent.paths.count("/flaky/1")) == (8, 4)
    check(request, ran)
    summary = ran.summary()
    iterations = summary["iterations"]
    assert {key: iterations[key] for key in ("total", "passed", "failed", "errors")} == {
        "total": 8,
        "passed": 7,
        "failed": 1,
        "errors": 0,
    }
    assert iterations["latency"]["steps"] == 12
    of_a = summary["scenarios"][0]["iterations"]
    assert (of_a["total"], of_a["latency"]["steps"]) == (4, 8)
    times = [of_a["latency"][key] for key in ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms")]
    assert times == sorted(times)
    assert rig.report("results", "--results", "again").summary() == summary


def test_a_repetition_for_a_time_ends(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.scenario("b")
    ran = rig.run(".", "--repeat-for", "500ms")
    assert ran.code == 0, ran.said
    counts = [one["iterations"]["total"] for one in ran.summary()["scenarios"]]
    assert sum(counts) == len(agent.paths)
    assert min(counts) > 1
    assert ran.events(RunFinished)[0].elapsed_ms >= 500


@pytest.mark.parametrize(("rate", "code", "outcome"), [("0.25", 0, "passed"), ("0.1", 1, "failed")])
def test_failed_iterations_within_the_error_rate_do_not_fail_the_run(
    rig: Rig, rate: str, code: int, outcome: str
) -> None:
    rig.scenario("a", "/flaky/1")
    rig.scenario("b")
    ran = rig.run(".", "--repeat", "4", "--slo", f"error_rate={rate}")
    assert (ran.code, ran.outcomes()) == (code, {"a": outcome, "b": "passed"}), ran.said
    (limit,) = ran.events(LimitChecked)
    assert (limit.name, limit.limit, limit.actual) == ("error_rate", float(rate), 0.125)
    junit = ran.junit()
    assert junit.failures == 2 * code


def test_a_missed_goal_fails_a_run_whose_scenarios_pass(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("agentrig.yaml", "slo: {p95_ms: 0.001, error_rate: 0.5}\n")
    ran = rig.run("a.yaml", "--termination-log", "last", "--slo", "max_ms=60000")
    assert (ran.code, ran.outcomes()) == (1, {"a": "passed"}), ran.said
    assert [(one["name"], one["outcome"]) for one in ran.summary()["limits"]] == [
        ("p95_ms", "failed"),
        ("error_rate", "passed"),
        ("max_ms", "passed"),
    ]
    assert "limit 0.001: missed" in ran.out
    assert "limit 60000: kept" in ran.out
    assert "limit 0.001: missed" in (rig.folder / "last").read_text()
    suite = [(one.name, one.tests, one.failures) for one in ran.junit()]
    assert suite == [("a.yaml", 1, 0), ("limits of the run", 3, 1)]


def test_a_goal_of_which_nothing_is_known_is_neither_kept_nor_missed(rig: Rig) -> None:
    rig.scenario("a", skip="today")
    ran = rig.run("a.yaml", "--slo", "p95_ms=1", "--slo", "error_rate=0")
    assert ran.code == 0, ran.said
    assert "limit p95_ms: nothing measured, limit 1" in ran.out


def test_without_repetition_the_error_rate_excuses_nothing(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    rig.scenario("b")
    ran = rig.run(".", "--slo", "error_rate=0.9")
    assert (ran.code, ran.outcomes()["a"]) == (1, "failed"), ran.said


def test_requests_keep_the_rate_of_their_target(rig: Rig) -> None:
    step = {"path": "/ok", "expect": {"checks": [{"elapsed_ms": {"lt": 400}}]}, "timeout": "450ms"}
    for name in "ab":
        rig.write(f"{name}.yaml", f"name: {name}\ntimeout: 1s\nsteps: {[step] * 2}\n")
    begin = time.monotonic()
    ran = rig.run(".", "--target", f"proxy={rig.url}", "--rate", "proxy=2/s")
    assert ran.code == 0, ran.said
    # The first at once, three more half a second apart; no step and no scenario is blamed for it.
    assert time.monotonic() - begin >= 1.5


def test_rates_and_goals_can_stand_in_the_environment(rig: Rig) -> None:
    rig.scenario("a")
    environment = {
        "AGENTRIG_RUN_RATE": "proxy=100/s control=5/s",
        "AGENTRIG_RUN_SLO": "max_ms=60000 error_rate=0",
        "AGENTRIG_RUN_RETRY_FAILED": "1",
    }
    ran = rig.run("a.yaml", env=environment)
    assert ran.code == 0, ran.said
    assert [one["name"] for one in ran.summary()["limits"]] == ["max_ms", "error_rate"]


def test_scenarios_that_share_a_lock_do_not_overlap(rig: Rig, agent: AgentServer) -> None:
    for number in range(6):
        rig.scenario(f"s{number}", "/ok", "/hold", locks=["ring"])
    for number in range(4):
        rig.scenario(f"z{number}", "/ok")
    with rig.started(".", "-c", "4") as process:
        # All that need no lock have run although five wait for theirs.
        agent.wait_for(6)
        assert agent.paths.count("/hold") == 1
        agent.release()
        ran = rig.ended(process)
    assert ran.code == 0, ran.said
    begun: list[str] = []
    running: set[str] = set()
    for event in ran.events(ScenarioStarted, ScenarioFinished):
        if isinstance(event, ScenarioStarted):
            running.add(event.scenario)
            begun.append(event.scenario)
        else:
            running.remove(event.scenario)
        assert len([one for one in running if one.startswith("s")]) <= 1
    assert [one for one in begun if one.startswith("s")] == [f"s{n}.yaml" for n in range(6)]


def test_waiting_for_a_lock_is_not_the_scenarios_time(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/hold", locks=["ring"])
    rig.scenario("b", locks=["ring"])
    with rig.started(".") as process:
        agent.wait_for(1)
        time.sleep(1.2)
        agent.release()
        ran = rig.ended(process)
    spent = {one.scenario: one.elapsed_ms for one in ran.events(ScenarioFinished)}
    assert spent["b.yaml"] < 1_000 < spent["a.yaml"], ran.said


def test_a_reader_that_has_seen_enough_does_not_matter(rig: Rig) -> None:
    """As `agentrig run | head -1`."""
    for number in range(20):
        rig.scenario(f"s{number}", "/status/500")
    rig.write("run.sh", 'python=$1; "$python" -m agentrig run . | head -1; exit ${PIPESTATUS[0]}\n')
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from tests.support.rig import clean_environment  # noqa: PLC0415

    done = subprocess.run(
        ["bash", "run.sh", sys.executable],
        cwd=rig.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert len(done.stdout.splitlines()) == 1
    assert (rig.folder / "results/summary.json").exists()


@pytest.mark.parametrize("report", ["junit.xml", "summary.json"])
def test_a_report_that_fails_in_the_end_is_known_to_the_journal(rig: Rig, report: str) -> None:
    rig.scenario("a")
    (rig.folder / "results" / report).mkdir(parents=True)
    ran = rig.run("a.yaml", "--termination-log", "last")
    assert ran.code == 3, ran.said
    assert [one.exit_code for one in ran.events(RunFinished)] == [3]
    if report == "junit.xml":
        assert ran.summary()["outcome"] == "error"
        assert "error: 1 passed" in ran.out
        assert '"exit_code":3' in (rig.folder / "last").read_text()


def test_a_run_says_the_commit_and_the_labels_that_it_was_given(rig: Rig) -> None:
    rig.environment["GITHUB_SHA"] = "of-the-ci-server"
    rig.scenario("a")
    ran = rig.run(".", "--label", "environment=staging", "--label", "model= small=1 ")
    assert ran.summary()["labels"] == {"environment": "staging", "model": "small=1"}
    assert ran.summary()["commit"] == "of-the-ci-server"
    assert rig.run(".", "--commit", "mine").summary()["commit"] == "mine"


@pytest.mark.parametrize("label", ["environment", "=staging", "a\n=b", "a=\x1b[31m"])
def test_a_label_that_is_none(rig: Rig, label: str) -> None:
    rig.scenario("a")
    ran = rig.run(".", "--label", label)
    assert ran.code == 4, ran.said
    assert "is not NAME=VALUE" in ran.err
