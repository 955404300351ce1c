"""One step as it is written: conditions, loops, reuse, retries, time limits, captures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from agentrig.events import Outcome
from tests.support.probe import Probe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    return Probe(tmp_path)


def one(step: str, *, before: str = "") -> str:
    return f"name: x\n{before}steps:\n  - {step}\n"


def test_retry_ends_at_the_first_that_passes(probe: Probe) -> None:
    result = probe.run(one("{name: a, probe: [fail, error, pass], retry: {count: 5, delay: 1ms}}"))
    assert result.finished.outcome is Outcome.PASSED
    (step,) = probe.steps
    assert (step.attempts, step.outcome, step.message) == (3, Outcome.PASSED, None)


def test_retry_gives_up_after_its_count(probe: Probe) -> None:
    result = probe.run(one("{name: a, probe: [fail], retry: {count: 2, delay: 1ms}}"))
    assert result.finished.outcome is Outcome.FAILED
    assert probe.times == {"a": 3}
    assert result.finished.message == "[a] failed at time 3\n  after 3 attempts in 0 ms"


@pytest.mark.parametrize(
    ("outcomes", "outcome", "times"),
    [("[failed]", Outcome.ERROR, 2), ("[error]", Outcome.FAILED, 1)],
)
def test_retry_is_for_the_outcomes_that_it_names(
    probe: Probe, outcomes: str, outcome: Outcome, times: int
) -> None:
    step = f"{{name: a, probe: [fail, error, pass], retry: {{count: 5, delay: 1ms, outcomes: {outcomes}}}}}"
    assert probe.run(one(step)).finished.outcome is outcome
    assert probe.times == {"a": times}


def test_pauses_grow_up_to_their_limit(probe: Probe) -> None:
    begin = time.monotonic()
    probe.run(
        one("{name: a, probe: [fail], retry: {count: 4, delay: 10ms, factor: 10, max_delay: 50ms}}")
    )
    # 10, 50, 50 and 50 ms; without the limit it would be 11 s.
    assert 0.16 <= time.monotonic() - begin < 5


def test_eventually_waits_until_it_passes(probe: Probe) -> None:
    step = "{name: a, probe: [fail, error, fail, pass], eventually: {within: 30s, every: 1ms}}"
    assert probe.run(one(step)).finished.outcome is Outcome.PASSED
    assert probe.steps[0].attempts == 4


def test_eventually_ends(probe: Probe) -> None:
    step = "{name: a, probe: [fail], eventually: {within: 50ms, every: 10ms}}"
    result = probe.run(one(step))
    assert result.finished.outcome is Outcome.FAILED
    assert 2 <= probe.times["a"] <= 6


def test_eventually_does_not_wait_for_what_hangs(probe: Probe) -> None:
    step = "{name: a, probe: [hang], eventually: {within: 50ms, every: 10ms}}"
    begin = time.monotonic()
    assert probe.run(one(step)).finished.outcome is Outcome.FAILED
    assert time.monotonic() - begin < 30


def test_a_step_that_hangs_ends_in_its_time(probe: Probe) -> None:
    result = probe.run(one("{name: a, probe: [hang], timeout: 20ms}"))
    assert result.finished.outcome is Outcome.FAILED
    assert result.finished.message == "[a] no end within 20 ms"
    (check,) = probe.steps[0].checks
    assert check.at is not None
    assert check.at.line == 3


def test_the_time_of_the_scenario_ends_a_step_as_well(probe: Probe) -> None:
    result = probe.run(one("{name: a, probe: [hang], timeout: 20s}", before="timeout: 20ms\n"))
    assert result.finished.message == "[a] the scenario's 20 ms ran out"


def test_the_time_of_the_scenario_ends_retries(probe: Probe) -> None:
    step = "{name: a, probe: [fail], retry: {count: 1000, delay: 10ms}}"
    result = probe.run(one(step, before="timeout: 50ms\n"))
    assert result.finished.outcome is Outcome.FAILED
    assert probe.times["a"] < 10


def test_what_is_captured_is_read_later(probe: Probe) -> None:
    text = """\
name: x
vars: {greeting: hi}
steps:
  - {name: a, probe: [pass], gives: {id: 7, list: [1, 2]}, capture: {id: {jq: .id}, all: {jq: .}}}
  - name: b ${id}
    probe: [pass]
    gives: "${all | .list | add}"
    expect: {checks: [{jq: ". == 3 and $id == 7 and $greeting == \\"hi\\"", equals: true}]}
"""
    assert probe.run(text).finished.outcome is Outcome.PASSED
    assert [step.name for step in probe.steps] == ["a", "b 7"]


def test_a_capture_of_nothing_fails(probe: Probe) -> None:
    result = probe.run(one("{name: a, probe: [pass], gives: {}, capture: {id: {jq: .id}}}"))
    assert result.finished.outcome is Outcome.FAILED
    assert "capture 'id'" in (result.finished.message or "")


def test_checks_on_the_output_come_after_the_kinds_own(probe: Probe) -> None:
    step = "{name: a, probe: [pass], gives: 3, expect: {checks: [{jq: ., equals: 4}]}}"
    result = probe.run(one(step))
    assert [check.check for check in probe.steps[0].checks] == ["probe", "jq . equals"]
    assert "expected 4" in (result.finished.message or "")


def test_foreach_gives_each_element_its_turn(probe: Probe) -> None:
    text = """\
name: x
vars: {list: [a, b, c]}
steps:
  - name: "${item}${index}"
    probe: [pass]
    foreach: ${list}
"""
    assert probe.run(text).finished.outcome is Outcome.PASSED
    assert list(probe.times) == ["a0", "b1", "c2"]
    assert [step.name for step in probe.steps] == ["a0 [1/3]", "b1 [2/3]", "c2 [3/3]"]


def test_foreach_ends_at_the_first_that_fails(probe: Probe) -> None:
    assert probe.run(one("{name: a, probe: [pass, fail, pass], foreach: [1, 2, 3]}")).step
    assert probe.times == {"a": 2}


def test_if_skips_a_step(probe: Probe) -> None:
    text = """\
name: x
vars: {loud: false}
steps:
  - {name: a, probe: [fail], if: "${loud}"}
  - {name: b, probe: [pass], if: "${loud | not}"}
  - {name: c, probe: [fail], foreach: [1, 2], if: "${item | . > 2}"}
  - {name: d, probe: [fail], if: false}
"""
    assert probe.run(text).finished.outcome is Outcome.PASSED
    assert probe.times == {"b": 1}
    assert [step.outcome for step in probe.steps if step.name == "a"] == [Outcome.SKIPPED]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{name: a, probe: [pass], if: '${run.id}'}", "'if' needs true or false, not text"),
        ("{name: a, probe: [pass], foreach: '${run.id}'}", "'foreach' needs a list, not text"),
        ("{name: a, probe: [pass], gives: '${run.id | error}'}", "'${run.id | error}': r-1"),
        ("{name: a, probe: '${run.id}'}", "'probe' must be a list, not text"),
    ],
)
def test_what_was_filled_in_and_does_not_fit_is_told_at_its_place(
    probe: Probe, step: str, says: str
) -> None:
    result = probe.run(one(step))
    assert result.finished.outcome is Outcome.FAILED
    assert says in (result.finished.message or "")
    (check,) = probe.steps[0].checks
    assert check.at is not None
    assert check.at.text[check.at.column - 1 :].lstrip("'").startswith("${run.id")
    assert probe.times == {}


def test_reused_steps_read_their_inputs_and_give_their_captures(probe: Probe) -> None:
    text = """\
name: x
steps:
  - uses: "#log in"
    foreach: [me, you]
    with: {user: "${item}"}
  - {name: "${token}", probe: [pass]}
---
define: log in
with: {user: null, role: admin}
steps:
  - name: "${with.user} ${with.role}"
    probe: [pass]
    gives: "${with.user}-token"
    capture: {token: {jq: .}}
"""
    assert probe.run(text).finished.outcome is Outcome.PASSED
    assert list(probe.times) == ["me admin", "you admin", "you-token"]


def test_a_secret_is_hidden_in_all_that_is_told(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", 'hunter"2')
    step = "{name: 'a ${secret.TOKEN}', probe: [fail], gives: '${secret.TOKEN}'}"
    result = probe.run(one(step))
    assert "hunter" not in repr(probe.events)
    assert "hunter" not in repr(result)
    assert result.finished.message == "[a [redacted]] failed at time 1"
