"""Python tests beside the scenarios: marks `concurrent`, `locks` and `serial`, in real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunStarted, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig


def order(ran: Ran) -> list[str]:
    """List what began and ended, in that order."""
    marks: dict[type, str] = {ScenarioStarted: "+", ScenarioFinished: "-"}
    return [
        marks[type(one)] + one.scenario.partition("::")[2].removeprefix("test_")
        if "::" in one.scenario
        else marks[type(one)] + one.scenario.removesuffix(".yaml")
        for one in ran.events(ScenarioStarted, ScenarioFinished)
    ]


def test_a_concurrent_test_runs_while_scenarios_do(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/hold")
    rig.scenario("b", "/hold")
    rig.write(
        "test_m.py",
        f"""
        import urllib.request
        import pytest

        pytestmark = pytest.mark.concurrent

        def test_beside(agent):
            assert agent("x").client.get("/beside").status_code == 200
            urllib.request.urlopen("{agent.url}/release")

        @pytest.mark.serial
        def test_alone(): pass
        """,
    )
    ran = rig.run(".", "-c", "1", f"--target=proxy={rig.url}", f"--target=control={rig.url}")
    assert ran.code == 0, ran.said
    assert order(ran).index("+beside") < order(ran).index("-a"), "at once, beside the one of -c 1"
    assert order(ran)[-2:] == ["+alone", "-alone"]
    (started,) = ran.events(RunStarted)
    plan = ["test_m.py::test_beside", "a.yaml", "b.yaml", "test_m.py::test_alone"]
    assert [one.id for one in started.planned] == plan
    lines = [line.split()[-1] for line in ran.out.splitlines() if line.startswith("passed ")]
    assert len(lines) == 4
    places = [ran.out.index(name) for name in plan]
    assert places == sorted(places), "the report is in the plan's order"


def test_locks_keep_it_apart_from_scenarios(rig: Rig) -> None:
    for name in "abcd":
        rig.scenario(name, f"/slow/100/{name}", locks=["ledger"])
    rig.scenario("free", "/slow/100/free")
    for name in "efghij":
        rig.scenario(name, f"/slow/100/{name}", locks=["other"])
    rig.write("part.part", "name: P\nlocks: [ledger, other]\nsteps: [{path: /slow/100}]\n")
    rig.write(
        "test_m.py",
        """
        import pytest, time
        pytestmark = [pytest.mark.concurrent, pytest.mark.locks("ledger")]

        @pytest.mark.parametrize("n", [1, 2])
        def test_m(n):
            time.sleep(0.1)

        def test_nested(run_scenario):
            assert run_scenario("part.part").outcome == "passed"
        """,
    )
    ran = rig.run(".", f"--target=proxy={rig.url}")
    assert ran.code == 0, ran.said
    inside: set[str] = set()
    for one in order(ran):
        if one[1:] in {"free", *"efghij"}:
            continue
        if one[0] == "+":
            inside.add(one[1:])
        else:
            inside.remove(one[1:])
        assert len(inside) <= 1, order(ran)
    # What a scenario locks that the test runs is locked as well.
    others = [
        (type(one), one.name)
        for one in ran.events(StepStarted, StepFinished)
        if one.scenario.removesuffix(".yaml") in {*"efghij"} or one.name.startswith("P ·")
    ]
    assert len(others) == 14
    for (began, first), (ended, second) in zip(others[::2], others[1::2], strict=True):
        assert (began, ended) == (StepStarted, StepFinished), others
        assert first == second, others


def test_a_failure_beside_them_stops_the_scenarios(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/hold")
    rig.scenario("b", "/hold")
    rig.write(
        "test_m.py",
        f"""
        import pytest
        pytestmark = pytest.mark.concurrent

        def test_first():
            import time, urllib.request, json
            while json.load(urllib.request.urlopen("{agent.url}/now"))["now"] < 1:
                time.sleep(0.01)
            assert 1 == 2

        def test_second(): pass

        @pytest.mark.serial
        def test_third(): pass
        """,
    )
    ran = rig.run(".", "-x", "-c", "1")
    assert ran.code == 1, ran.said
    assert ran.outcomes() == {
        "test_m.py::test_first": "failed",
        "a": "interrupted",
        "b": "not_run",
        "test_m.py::test_second": "not_run",
        "test_m.py::test_third": "not_run",
    }


def test_a_scenario_that_fails_stops_tests_that_wait(rig: Rig) -> None:
    rig.scenario("a", "/status/500", locks=["x"])
    rig.write(
        "test_m.py",
        """
        import pytest, time

        @pytest.mark.concurrent
        def test_first(): time.sleep(0.5)

        @pytest.mark.concurrent
        @pytest.mark.locks("x")
        def test_second(): pass
        """,
    )
    ran = rig.run(".", "-x")
    assert ran.code == 1, ran.said
    outcomes = ran.outcomes()
    assert outcomes["a"] == "failed"
    assert outcomes["test_m.py::test_second"] == "not_run"


def test_waiting_for_a_lock_does_not_count_for_pytest_timeout(rig: Rig) -> None:
    rig.scenario("a", "/slow/1000", locks=["x"])
    rig.write(
        "test_m.py",
        """
        import pytest, time

        @pytest.mark.concurrent
        def test_first(): time.sleep(0.2)  # a has begun

        @pytest.mark.concurrent
        @pytest.mark.locks("x")
        @pytest.mark.timeout(0.4)
        def test_second(): pass
        """,
    )
    ran = rig.run(".")
    assert ran.code == 0, ran.said
    assert order(ran)[-2:] == ["+second", "-second"]


def test_a_serial_scenario_cannot_be_run_beside_others(rig: Rig) -> None:
    rig.write("s.part", "name: S\nserial: true\nsteps: [{path: /ok}]\n")
    rig.write(
        "test_m.py",
        """
        import pytest

        @pytest.mark.concurrent
        def test_beside(run_scenario): run_scenario("s.part")

        def test_alone(run_scenario): run_scenario("s.part")
        """,
    )
    ran = rig.run(".", f"--target=proxy={rig.url}")
    assert list(ran.outcomes().values()) == ["error", "passed"], ran.said
    assert "s.part is 'serial', but the test is marked 'concurrent'" in ran.out


def test_the_marks_are_known_and_explained(rig: Rig) -> None:
    rig.write("test_m.py", "import pytest\n@pytest.mark.locks\ndef test_m(): pass\n")
    ran = rig.pytest(".", "--markers")
    for mark in ("concurrent", "locks(name, ...)", "serial", "tag(name, ...)"):
        assert f"@pytest.mark.{mark}: " in ran.out


@pytest.mark.parametrize("mark", ["locks", "locks()", "locks(3)", "locks('x', name='y')"])
def test_a_mark_without_names_is_refused(rig: Rig, mark: str) -> None:
    rig.write("test_m.py", f"import pytest\n@pytest.mark.{mark}\ndef test_m(): pass\n")
    ran = rig.run(".")
    assert ran.code == 4, ran.said
    assert "test_m.py::test_m: the mark 'locks' takes names, as locks(\"ledger\")" in ran.err


def test_without_scenarios_it_just_runs(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        "import pytest\n@pytest.mark.concurrent\n@pytest.mark.locks('x')\ndef test_m(): pass\n",
    )
    assert rig.run(".").code == 0


def test_one_that_fails_is_retried_behind_the_scenarios(rig: Rig) -> None:
    rig.scenario("a", "/slow/300", locks=["x"])
    rig.write(
        "test_m.py",
        """
        import pathlib, pytest

        @pytest.mark.concurrent
        @pytest.mark.locks("x")
        def test_m(steps):
            steps.http(path="/ok")
            first = not pathlib.Path("tried").exists()
            pathlib.Path("tried").touch()
            assert not first
        """,
    )
    ran = rig.run(".", "--retry-failed", "1", f"--target=proxy={rig.url}")
    assert ran.code == 0, ran.said
    assert ran.outcomes() == {"test_m.py::test_m": "passed", "a": "passed"}
    assert ran.summary()["flaky"] == 1
    assert order(ran)[-1] == "-m"
