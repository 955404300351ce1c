"""A scenario from its setup to a teardown that always runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agentrig.events import Outcome, Phase, ScenarioFinished
from agentrig.scenario import Room
from tests.support.probe import Probe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    return Probe(tmp_path)


def scenario(
    steps: str, *, setup: str = "{name: up, probe: [pass]}", down: str = "pass", head: str = ""
) -> str:
    return (
        f"name: x\n{head}setup: [{setup}]\nsteps: [{steps}]\n"
        f"teardown: [{{name: down 1, probe: [{down}]}}, {{name: down 2, probe: [pass]}}]\n"
    )


ALL = {"down 1": 1, "down 2": 1}


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ("{name: a, probe: [pass]}", Outcome.PASSED),
        ("{name: a, probe: [fail]}, {name: b, probe: [pass]}", Outcome.FAILED),
        ("{name: a, probe: [error]}", Outcome.ERROR),
        ("{name: a, probe: [crash]}", Outcome.ERROR),
        ("{name: a, probe: [hang], timeout: 20ms}", Outcome.FAILED),
    ],
)
def test_teardown_runs_whatever_became_of_the_steps(
    probe: Probe, steps: str, outcome: Outcome
) -> None:
    assert probe.run(scenario(steps)).finished.outcome is outcome
    assert probe.times == {"up": 1, "a": 1, **ALL}
    phases = [(step.name, step.phase) for step in probe.steps if step.name != "a"]
    assert phases == [
        ("up", Phase.SETUP),
        ("down 1", Phase.TEARDOWN),
        ("down 2", Phase.TEARDOWN),
    ]


def test_teardown_runs_after_the_scenarios_time_ran_out(probe: Probe) -> None:
    result = probe.run(scenario("{name: a, probe: [hang]}", head="timeout: 20ms\n"))
    assert result.finished.outcome is Outcome.FAILED
    assert probe.times == {"up": 1, "a": 1, **ALL}


def test_steps_do_not_run_after_a_failed_setup(probe: Probe) -> None:
    text = scenario("{name: a, probe: [pass]}", setup="{name: up, probe: [fail]}")
    assert probe.run(text).finished.outcome is Outcome.FAILED
    assert probe.times == {"up": 1, **ALL}


def test_a_failed_teardown_fails_a_scenario_that_passed(probe: Probe) -> None:
    result = probe.run(scenario("{name: a, probe: [pass]}", down="fail"))
    assert result.finished.outcome is Outcome.FAILED
    assert result.finished.message == "[down 1] failed at time 1"
    assert probe.times == {"up": 1, "a": 1, **ALL}


def test_a_failed_teardown_does_not_hide_what_failed_before(probe: Probe) -> None:
    result = probe.run(scenario("{name: a, probe: [fail]}", down="error"))
    assert result.finished.outcome is Outcome.FAILED
    assert result.finished.message == "[a] failed at time 1"
    assert "[down 1] broken at time 1" in (result.finished.details or "")


def test_teardown_does_not_need_what_was_never_captured(probe: Probe) -> None:
    text = """\
name: x
steps: [{name: a, probe: [fail], gives: {id: 1}, capture: {id: {jq: .id}}}]
teardown: [{name: "delete ${id}", probe: [pass]}, {name: down, probe: [pass]}]
"""
    result = probe.run(text)
    assert result.finished.message == "[a] failed at time 1"
    assert result.finished.details is None
    assert [step.outcome for step in probe.steps] == [
        Outcome.FAILED,
        Outcome.SKIPPED,
        Outcome.PASSED,
    ]
    assert probe.steps[1].message == "'${id}': 'id' was not captured"


def test_effects_are_undone_last_first_after_the_teardown(probe: Probe) -> None:
    steps = (
        "{name: a, probe: ['undo:one']}, {name: b, probe: ['undo:two']}, {name: c, probe: [fail]}"
    )
    probe.run(scenario(steps))
    assert list(probe.times)[-4:] == ["down 1", "down 2", "undo two", "undo one"]


def test_what_cannot_be_undone_is_told(probe: Probe) -> None:
    steps = "{name: a, probe: ['undo:one']}, {name: b, probe: ['undo:broken']}"
    result = probe.run(scenario(steps))
    assert result.finished.outcome is Outcome.ERROR
    assert result.finished.message == "teardown: it cannot be undone"
    assert list(probe.times)[-2:] == ["undo broken", "undo one"]


@pytest.mark.parametrize(
    ("steps", "teardown", "ran"),
    [
        ("{name: b, probe: [pass]}, APPLY", "{name: down, probe: [pass]}", ["a", "down"]),
        ("{name: b, probe: [pass]}", "{name: down, probe: [pass]}, APPLY", ["a", "b"]),
    ],
)
def test_packed_steps_whose_files_have_gone_are_no_pass(
    tmp_path: Path, steps: str, teardown: str, ran: list[str]
) -> None:
    """No step is left out in silence, and what others have left behind is undone."""
    manifest = tmp_path / "m.yaml"
    manifest.write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", encoding="utf-8")
    probe = Probe(tmp_path, room=Room(0))

    async def hook() -> None:
        manifest.unlink()

    probe.hooks["gone"] = hook
    setup = "{name: a, probe: ['undo:one', 'x']}, {name: gone, probe: ['hook:gone']}"
    text = f"name: x\nsetup: [{setup}]\nsteps: [{steps}]\nteardown: [{teardown}]\n"
    result = probe.run(text.replace("APPLY", "{kubernetes: {apply: {file: m.yaml}}}"))
    assert result.finished.outcome is Outcome.ERROR
    assert "'m.yaml'" in (result.finished.message or "")
    assert (result.finished.message or "").endswith("; it was right when the run began")
    assert [name for name in probe.times if name != "gone"] == [*ran, "undo one"]


def interrupted(probe: Probe, text: str, *, times: int) -> Outcome:
    """Cancel the scenario when `hook:ready` is reached, `times` times in all."""

    async def run() -> None:
        ready = asyncio.Event()

        async def hook() -> None:
            ready.set()
            await asyncio.sleep(60)

        probe.hooks["ready"] = hook
        task = asyncio.create_task(probe.execute(text))
        for _ in range(times):
            await ready.wait()
            ready.clear()
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    (finished,) = (event for event in probe.events if isinstance(event, ScenarioFinished))
    return finished.outcome


def test_teardown_runs_after_an_interruption(probe: Probe) -> None:
    text = scenario("{name: a, probe: ['undo:one', 'x']}, {name: b, probe: ['hook:ready']}")
    assert interrupted(probe, text, times=1) is Outcome.INTERRUPTED
    assert list(probe.times) == ["up", "a", "b", "down 1", "down 2", "undo one"]


def test_a_second_interruption_ends_the_teardown(probe: Probe) -> None:
    text = scenario("{name: a, probe: ['hook:ready']}", down="'hook:ready'")
    assert interrupted(probe, text, times=2) is Outcome.INTERRUPTED
    assert probe.times == {"up": 1, "a": 1, "down 1": 1}


def test_variables_that_cannot_be_filled_in_are_no_verdict(probe: Probe) -> None:
    result = probe.run(
        scenario("{name: a, probe: [pass]}", head="vars: {x: '${run.id | error}'}\n")
    )
    assert result.finished.outcome is Outcome.ERROR
    assert result.finished.message == "the variables cannot be filled in: '${run.id | error}': r-1"
    assert probe.times == ALL
