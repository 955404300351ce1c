"""Changing any one expectation of the demo's scenarios makes the run fail, and that alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.demo import find_scenarios
from agentrig.events import Outcome, StepFinished
from tests.demo.mutants import module_mutants, scenario_mutants
from tests.support.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.demo.embedded import Demo
    from tests.support.rig import Ran

SCENARIOS = sorted(find_scenarios().glob("*.yaml"))
MODULES = sorted(find_scenarios().glob("test_*.py"))


def run(rig: Rig, demo: Demo, *args: str) -> Ran:
    targets = [
        text for name, url in demo.targets().items() for text in ("--target", f"{name}={url}")
    ]
    return rig.run(*args, *targets, "--kube-server", demo.kube_server)


def test_each_changed_expectation_fails_its_scenario_alone(tmp_path: Path, demo: Demo) -> None:
    rig = Rig(tmp_path)
    expected: dict[str, tuple[str, int | None]] = {}
    for path in SCENARIOS:
        text = path.read_text(encoding="utf-8")
        rig.write(path.name, text)
        expected[path.stem] = ("passed", None)
        for number, mutant in enumerate(scenario_mutants(yaml.safe_load(text))):
            name = f"{path.stem}-mutant-{number:02}"
            rig.write(f"{name}.yaml", json.dumps(mutant.scenario))  # JSON is YAML
            expected[name] = ("failed", mutant.step)
    assert len(expected) > 10 * len(SCENARIOS)

    ran = run(rig, demo, ".")
    assert ran.code == 1, ran.said
    failed_at: dict[str, int | None] = dict.fromkeys(ran.outcomes())
    for event in ran.events(StepFinished):
        if event.outcome is not Outcome.PASSED:
            failed_at[event.scenario.removesuffix(".yaml")] = event.step
    got = {name: (outcome, failed_at[name]) for name, outcome in ran.outcomes().items()}
    assert got == expected


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_each_changed_constant_of_an_assert_fails_its_module(
    path: Path, tmp_path: Path, demo: Demo
) -> None:
    rig = Rig(tmp_path)
    mutants = module_mutants(path.read_text(encoding="utf-8"))
    rig.write("test_all.py", mutants.source)
    expected = {f"test_all.py::{name}" for name in mutants.tests}
    for number, source in enumerate(mutants.helpers):
        rig.write(f"test_helper_{number}.py", source)
        expected.add(f"test_helper_{number}.py")
    assert len(expected) > 5

    ran = run(rig, demo, ".")
    # Some of them have parameters: one failure is enough. Of a helper, any who calls it will do.
    failed = {
        name.partition("[")[0] if name.startswith("test_all") else name.partition("::")[0]
        for name, outcome in ran.outcomes().items()
        if outcome == "failed"
    }
    assert sorted(expected - failed) == [], ran.said


def test_what_they_change_is_what_is_expected() -> None:
    expect: dict[str, Any] = {
        "status": 200,
        "headers_absent": ["a", "b"],
        "jq": 'any(.[0]; .a == "x" and .b > 0 and .c == true)',
        "equals": True,
    }
    mutants = [
        m.scenario["steps"][0]["expect"]
        for m in scenario_mutants({"name": "n", "steps": [{"expect": expect}]})
    ]
    assert mutants == [
        {**expect, "status": 299},
        {**expect, "headers_absent": ["b"], "headers_present": ["a"]},
        {**expect, "headers_absent": ["a"], "headers_present": ["b"]},
        {**expect, "jq": 'any(.[0]; .a == "x_changed" and .b > 0 and .c == true)'},
        {**expect, "jq": 'any(.[0]; .a == "x" and .b > 1000 and .c == true)'},
        {**expect, "jq": 'any(.[0]; .a == "x" and .b > 0 and .c == false)'},
        {**expect, "equals": False},
    ]


def test_each_matcher_of_a_check_is_negated() -> None:
    checks: list[Any] = [{"jq": ".a", "gt": 1, "lt": 3}, {"status": {"one_of": [200]}}]
    scenario = {"name": "n", "steps": [{"path": "/"}, {"expect": {"checks": checks}}]}
    mutants = [m.scenario["steps"][1]["expect"]["checks"] for m in scenario_mutants(scenario)]
    assert mutants == [
        [{"jq": ".a", "lt": 3, "not": {"gt": 1}}, checks[1]],
        [{"jq": ".a", "gt": 1, "not": {"lt": 3}}, checks[1]],
        [checks[0], {"status": {"not": {"one_of": [200]}}}],
    ]


def test_what_it_does_not_know_is_never_left_out() -> None:
    with pytest.raises(AssertionError, match="no mutants of 'each_event'"):
        list(scenario_mutants({"name": "n", "steps": [{"expect": {"each_event": []}}]}))
    with pytest.raises(AssertionError, match=r"no mutants of \{'setup'\}"):
        list(scenario_mutants({"name": "n", "setup": [], "steps": []}))


def test_bounds_are_changed_to_where_they_fail() -> None:
    source = "def test_a():\n    assert 0 <= f()[1:]['x'] <= 100 != [], 'why'\n"
    lines = module_mutants(source).source.splitlines()
    changed = [line.strip() for line in lines if "assert" in line]
    assert changed == [
        "assert 1000 <= f()[1:]['x'] <= 100 != [], 'why'",
        "assert 0 <= f()[1:]['x_changed'] <= 100 != [], 'why'",
        "assert 0 <= f()[1:]['x'] <= -900 != [], 'why'",
        "assert 0 <= f()[1:]['x'] <= 100 != ['changed'], 'why'",
    ]
