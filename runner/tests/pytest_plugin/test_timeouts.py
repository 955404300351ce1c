"""pytest-timeout's limits hold for scenarios, from the moment at which they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.rig import Rig

CONFTEST = """
    import pytest

    def pytest_collection_modifyitems(items):
        for item in items:
            item.add_marker(pytest.mark.timeout(0.4))
    """


@pytest.mark.parametrize("way", ["option", "environment", "mark", "bare ini"])
def test_a_limit_fails_the_scenario_that_takes_longer(rig: Rig, way: str) -> None:
    rig.scenario("a", "/hold")
    rig.scenario("b")
    args, env = [], {}
    if way == "option":
        args = ["--", "--timeout=0.4"]
    elif way == "environment":
        env = {"PYTEST_TIMEOUT": "0.4"}
    elif way == "mark":
        rig.write("conftest.py", CONFTEST)
    else:
        rig.write("pytest.ini", "[pytest]\ntimeout = 0.4\n")
    ran = rig.pytest(".") if way == "bare ini" else rig.run(".", *args, env=env)
    assert (ran.code, ran.outcomes()) == (1, {"a": "failed", "b": "passed"}), ran.said
    (message, _) = [one["message"] for one in ran.summary()["scenarios"]]
    assert message == "[GET /hold] the scenario's 400 ms ran out"


def test_waiting_for_its_turn_and_for_others_does_not_count(rig: Rig) -> None:
    """The first item of pytest's is the last that runs."""
    rig.write("a.yaml", f"name: a\nserial: true\nsteps: [{{endpoint: '{rig.url}', path: /a}}]\n")
    rig.write("b.yaml", "name: b\ntimeout: 9s\nsteps: [{wait: 1s}]\n")
    ran = rig.run(".", "--", "--timeout=0.5")
    assert (ran.code, ran.outcomes()) == (0, {"a": "passed", "b": "passed"}), ran.said


def test_without_pytest_timeout_nothing_ends_a_scenario(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.pytest(".", "-p", "no:timeout", env={"PYTEST_TIMEOUT": "0.000001"})
    assert (ran.code, ran.outcomes()) == (0, {"a": "passed"}), ran.said
