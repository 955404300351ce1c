"""SIGINT, SIGTERM and SIGKILL in the middle of a run: what was planned is always accounted for."""

from __future__ import annotations

import random
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunFinished, RunStarted, ScenarioFinished, ScenarioStarted

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)


@BOTH
def test_a_signal_ends_a_run_with_2_and_a_complete_report(
    rig: Rig, agent: AgentServer, number: signal.Signals
) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    rig.scenario("c", "/hold")
    rig.scenario("d")
    rig.write("test_e.py", "def test_e():\n    pass\n")
    with rig.started(".", "-c", "2", "--termination-log", "last") as process:
        agent.wait_for(3)
        process.send_signal(number)
        ran = rig.ended(process)
    assert ran.code == 2, ran.said
    assert ran.outcomes() == {
        "a": "passed",
        "b": "interrupted",
        "c": "interrupted",
        "d": "not_run",
        "test_e.py::test_e": "not_run",
    }
    assert ran.summary()["outcome"] == "interrupted"
    assert [one.exit_code for one in ran.events(RunFinished)] == [2]
    junit = ran.junit()
    assert (junit.tests, junit.errors, junit.skipped, junit.failures) == (5, 2, 2, 0)
    assert '"outcome":"interrupted"' in (rig.folder / "last").read_text()
    assert "2 interrupted, 2 not run, 1 passed" in ran.out
    _is_quiet(ran)


def tearing_down(rig: Rig, *paths: str) -> None:
    """Write a scenario that hangs in its steps, and asks for `paths` in its teardown."""
    down = [{"endpoint": rig.url, "path": path} for path in paths]
    rig.scenario("a", "/hold", teardown=down)


@BOTH
def test_one_signal_lets_teardowns_run(
    rig: Rig, agent: AgentServer, number: signal.Signals
) -> None:
    tearing_down(rig, "/undone", "/undone/too")
    rig.scenario("b")
    with rig.started(".", "-c", "1") as process:
        agent.wait_for(1)
        process.send_signal(number)
        ran = rig.ended(process)
    assert agent.paths == ["/hold", "/undone", "/undone/too"]
    assert (ran.code, ran.outcomes()) == (2, {"a": "interrupted", "b": "not_run"}), ran.said
    _is_quiet(ran)


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_second_signal_cuts_teardowns_short(
    rig: Rig, agent: AgentServer, second: signal.Signals
) -> None:
    tearing_down(rig, "/hold/teardown", "/never")
    rig.scenario("b")
    with rig.started(".", "-c", "1") as process:
        agent.wait_for(1)
        process.send_signal(signal.SIGINT)
        agent.wait_for(2)
        process.send_signal(second)
        ran = rig.ended(process)
    assert agent.paths == ["/hold", "/hold/teardown"]
    assert (ran.code, ran.outcomes()) == (2, {"a": "interrupted", "b": "not_run"}), ran.said
    assert ran.junit().tests == 2
    assert len(ran.events(RunFinished)) == 1
    _is_quiet(ran)


def test_an_interrupted_repetition_reports_what_it_has(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.scenario("b", "/ok", "/hold")
    with rig.started(".", "--repeat-for", "1h", "-c", "2") as process:
        agent.wait_for(40)
        process.send_signal(signal.SIGTERM)
        ran = rig.ended(process)
    assert (ran.code, ran.outcomes()) == (2, {"a": "passed", "b": "interrupted"}), ran.said
    counts = ran.summary()["scenarios"][0]["iterations"]
    assert counts["total"] == counts["passed"] > 30
    _is_quiet(ran)


def test_a_thread_that_a_step_left_behind_does_not_hold_up_the_end(rig: Rig) -> None:
    """Cancelling cannot end it; the interpreter would wait for it at its exit."""
    rig.write(
        "hanging.py",
        """
        import asyncio, threading

        async def hang():
            await asyncio.to_thread(threading.Event().wait, 50)
        """,
    )
    rig.write("a.yaml", "name: a\nsteps: [{python: {call: 'hanging.py:hang'}, timeout: 400ms}]\n")
    rig.scenario("b")
    begin = time.monotonic()
    ran = rig.run(".")
    assert (ran.code, ran.outcomes()) == (1, {"a": "failed", "b": "passed"}), ran.said
    assert time.monotonic() - begin < 30
    assert ran.junit().tests == 2


@BOTH
def test_a_signal_in_a_python_test_marks_it_interrupted(
    rig: Rig, agent: AgentServer, number: signal.Signals
) -> None:
    rig.write(
        "test_slow.py",
        f"""
        import httpx

        def test_first():
            pass

        def test_slow():
            httpx.get("{agent.url}/hold", timeout=60)

        def test_last():
            pass
        """,
    )
    with rig.started("test_slow.py") as process:
        agent.wait_for(1)
        process.send_signal(number)
        ran = rig.ended(process)
    assert ran.code == 2, ran.said
    assert list(ran.outcomes().values()) == ["passed", "interrupted", "not_run"]
    _is_quiet(ran)


@pytest.mark.parametrize("turn", range(4))
def test_a_storm_of_signals_leaves_a_complete_report(
    rig: Rig, agent: AgentServer, turn: int
) -> None:
    """Someone impatient presses Ctrl-C again while the reports are being written."""
    for index in range(30):
        rig.scenario(f"s{index:02}", "/hold")
    with rig.started(".", "-c", "20") as process:
        agent.wait_for(20)
        ended = threading.Event()

        def storm() -> None:
            while not ended.wait(0.001 * (turn + 1)) and process.poll() is None:
                process.send_signal(signal.SIGINT if turn % 2 else signal.SIGTERM)

        thread = threading.Thread(target=storm)
        thread.start()
        try:
            ran = rig.ended(process)
        finally:
            ended.set()
            thread.join()
    assert ran.code == 2, ran.said
    assert _accounts(ran) == (30, 30)
    assert ran.junit().tests == 30
    assert len(ran.events(RunFinished)) == 1


def test_a_signal_before_pytests_session_leaves_a_report(rig: Rig) -> None:
    """A conftest.py is imported while pytest configures itself."""
    rig.scenario("a")
    rig.write("conftest.py", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    ran = rig.run(".")
    assert ran.code == 2, ran.said
    assert ran.summary()["outcome"] == "interrupted"
    assert len(ran.events(RunFinished)) == 1
    _is_quiet(ran)


def test_a_second_signal_ends_fixtures_that_clean_up(rig: Rig, agent: AgentServer) -> None:
    """The reports are written by then, and the exit code stays."""
    rig.write(
        "test_m.py",
        f"""
        import httpx, pytest

        @pytest.fixture(scope="session")
        def slow():
            yield
            httpx.get("{agent.url}/hold", timeout=60)

        def test_m(slow):
            httpx.get("{agent.url}/hold", timeout=60)
        """,
    )
    with rig.started(".") as process:
        for requests in (1, 2):
            agent.wait_for(requests)
            process.send_signal(signal.SIGINT)
        ran = rig.ended(process)
    assert (ran.code, list(ran.outcomes().values())) == (2, ["interrupted"]), ran.said
    _is_quiet(ran)


def test_ten_interrupts_with_requests_in_flight_end_without_a_crash(
    rig: Rig, agent: AgentServer
) -> None:
    """The HTTP client has threads of its own, which once aborted the interpreter at its exit."""
    rng = random.Random(7)
    for turn in range(10):
        for index in range(8):
            rig.scenario(f"s{index}", f"/hold/{turn}")
        with rig.started(".") as process:
            agent.wait_for(rng.randint(1, 8), f"/hold/{turn}")
            process.send_signal(signal.SIGTERM)
            ran = rig.ended(process)
        assert ran.code == 2, f"turn {turn}: {ran.said}"
        assert _accounts(ran) == (8, 8)
        _is_quiet(ran)


def test_killed_at_any_moment_the_journal_can_be_read(rig: Rig, agent: AgentServer) -> None:
    agent.release()
    for index in range(40):
        rig.scenario(f"s{index:02}", *["/ok"] * 3)
    rng = random.Random(11)
    for turn in range(12):
        journal = rig.folder / "results/events.jsonl"
        journal.unlink(missing_ok=True)
        with rig.started(".", "-c", "4") as process:
            # The moment is chosen by how far the run is, not by the clock.
            _wait_for_bytes(journal, rng.choice([0, 1, *range(500, 30_000, 2_000)]), process)
            process.kill()
            rig.ended(process)
        report = rig.report("results", "--results", "rebuilt")
        assert report.code in {0, 3}, report.said
        assert "Traceback" not in report.err
        finished = report.events(RunFinished)
        assert report.code == (0 if finished else 3), f"turn {turn}: {report.said}"
        planned, accounted = _accounts(report)
        assert planned == accounted
        assert report.junit().tests == planned
        if not finished:
            assert "the run was killed" in report.err
            begun = {one.scenario for one in report.events(ScenarioStarted)}
            ended = {one.scenario for one in report.events(ScenarioFinished)}
            assert ended <= begun
            assert len(report.summary()["not_run"]) == planned - len(ended)


def _wait_for_bytes(journal: Path, size: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and not (journal.exists() and journal.stat().st_size >= size):
        assert time.monotonic() < deadline, "the run wrote nothing"
        time.sleep(0.001)


def _accounts(ran: Ran) -> tuple[int, int]:
    """Count what was planned, by the journal, and what became of it, by the summary."""
    planned = [one for event in ran.events(RunStarted) for one in event.planned]
    summary = ran.summary()
    assert summary["planned"] == len(planned)
    assert sum(summary["counts"].values()) == len(planned)
    return len(planned), len(summary["scenarios"]) + len(summary["not_run"])


def _is_quiet(ran: Ran) -> None:
    assert ran.err == "", ran.said
